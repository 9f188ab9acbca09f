{{/* Names and labels that every object shares. */}}

{{- define "tenantgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of everything; also the name of both webhook configurations. Suffixes such as `-metrics` must still fit into 63. */}}
{{- define "tenantgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "tenantgate.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tenantgate.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tenantgate.serviceAccountName" -}}
{{- default (ternary (include "tenantgate.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "tenantgate.tlsSecretName" -}}
{{- if eq .Values.certificates.mode "secret" -}}
{{- .Values.certificates.secret.name -}}
{{- else -}}
{{- include "tenantgate.fullname" . }}-tls
{{- end -}}
{{- end -}}

{{/* The names that the API server and clients in the cluster call the Service by. */}}
{{- define "tenantgate.serviceHosts" -}}
{{- $host := printf "%s.%s.svc" (include "tenantgate.fullname" .) .Release.Namespace -}}
{{- list $host (printf "%s.%s" $host .Values.certificates.clusterDomain) | toJson -}}
{{- end -}}

{{- define "tenantgate.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "tenantgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tenantgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tenantgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "tenantgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tenantgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The right to keep reports of audits, in every namespace. */}}
{{- define "tenantgate.reportResources" -}}
{{- if eq .Values.audit.reports "policy-report" -}}
- apiGroups: [wgpolicyk8s.io]
  resources: [policyreports, clusterpolicyreports]
  verbs: [list, create, update, delete]
{{- else if eq .Values.audit.reports "open-reports" -}}
- apiGroups: [openreports.io]
  resources: [reports, clusterreports]
  verbs: [list, create, update, delete]
{{- end -}}
{{- end -}}

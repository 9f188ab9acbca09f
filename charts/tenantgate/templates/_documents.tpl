{{/* The documents in force: the Tenancy with the release's own namespace, and the policies. */}}

{{/* Namespaces of the platform. The control plane's and our own always belong to it. */}}
{{- define "tenantgate.platformNamespaces" -}}
{{- $listed := dig "platform" "namespaces" list .Values.tenancy -}}
{{- concat $listed (list "kube-system" "kube-public" "kube-node-lease" .Release.Namespace) | uniq | toJson -}}
{{- end -}}

{{- define "tenantgate.tenancy" -}}
{{- $platform := merge (dict "namespaces" (include "tenantgate.platformNamespaces" . | fromJsonArray)) (dig "platform" dict .Values.tenancy) -}}
apiVersion: tenantgate.dev/v1alpha1
kind: Tenancy
metadata:
  name: {{ include "tenantgate.fullname" . }}
spec:
  {{- merge (dict "platform" $platform) .Values.tenancy | toYaml | nindent 2 }}
{{- end -}}

{{- define "tenantgate.policies" -}}
{{- range .Values.policies.topics -}}
{{ $.Files.Get (printf "files/policies/%s/%s.yaml" $.Values.policies.set .) | trim }}
---
{{ end -}}
{{- range $name, $spec := .Values.policies.custom -}}
apiVersion: tenantgate.dev/v1alpha1
kind: Policy
metadata:
  name: {{ $name }}
spec:
  {{- toYaml $spec | nindent 2 }}
---
{{ end -}}
{{- end -}}

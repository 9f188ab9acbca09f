{{/* What the API server is told to send. The entries and their rules are made from the catalogue of rules. */}}

{{/* Fail closed where something is enforced: in the other modes nothing is denied, not by an outage either. */}}
{{- define "tenantgate.failurePolicy" -}}
{{- if .Values.webhooks.staged.enabled -}}
Ignore
{{- else if ne .Values.webhooks.failurePolicy "auto" -}}
{{- .Values.webhooks.failurePolicy -}}
{{- else -}}
{{- ternary "Fail" "Ignore" (eq .Values.mode "enforce") -}}
{{- end -}}
{{- end -}}

{{/*
By name only: the API server itself sets that label, and nobody can forge or remove it. From (dict "root" $ "subject" of the
entry): the entry of the platform's Namespaces selects just those that all others leave out.
*/}}
{{- define "tenantgate.namespaceSelector" -}}
{{- $subject := .subject -}}
{{- with .root -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    {{- if .Values.webhooks.staged.enabled }}
    operator: In
    values:
      {{- toYaml .Values.webhooks.staged.namespaces | nindent 6 }}
    {{- else if eq $subject "platform" }}
    operator: In
    values:
      {{- include "tenantgate.platformNamespaces" . | fromJsonArray | uniq | sortAlpha | toYaml | nindent 6 }}
    {{- else }}
    operator: NotIn
    values:
      {{- concat (include "tenantgate.platformNamespaces" . | fromJsonArray) .Values.webhooks.excludedNamespaces | uniq | sortAlpha | toYaml | nindent 6 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/*
No namespaceSelector exempts objects of the whole cluster, and the entry of the platform's Namespaces selects these. The platform's principals, whom no rule on these objects ever denies,
are left out by who they are: else nothing could be installed or mended while no server runs.
*/}}
{{- define "tenantgate.notThePlatform" -}}
{{- $platform := dig "platform" dict .Values.tenancy -}}
{{- $users := dig "users" list $platform -}}
{{- range dig "serviceAccounts" list $platform -}}
{{- $users = append $users (printf "system:serviceaccount:%s:%s" .namespace .name) -}}
{{- end -}}
{{- $groups := dig "groups" list $platform -}}
{{- range include "tenantgate.platformNamespaces" . | fromJsonArray -}}
{{- $groups = append $groups (printf "system:serviceaccounts:%s" .) -}}
{{- end -}}
!(request.userInfo.username in {{ toJson $users }}) && !request.userInfo.groups.exists(group, group in {{ toJson $groups }})
{{- end -}}

{{/* The CA as the API server takes it, where it is given; else cainjector or Tenantgate itself writes it. */}}
{{- define "tenantgate.caBundle" -}}
{{- if eq .Values.certificates.mode "secret" -}}
{{- $given := trim .Values.certificates.secret.caBundle -}}
{{- ternary (b64enc $given) $given (hasPrefix "-----BEGIN" $given) -}}
{{- end -}}
{{- end -}}

{{/* One configuration, from (dict "root" $ "kind" "Validating" | "Mutating" "annotations" map). */}}
{{- define "tenantgate.webhookConfiguration" -}}
{{- $root := .root -}}
{{- $isMutating := eq .kind "Mutating" -}}
{{- $entries := index ($root.Files.Get "files/webhooks.json" | fromJson) (lower .kind) -}}
{{- $caBundle := include "tenantgate.caBundle" $root -}}
apiVersion: admissionregistration.k8s.io/v1
kind: {{ .kind }}WebhookConfiguration
metadata:
  name: {{ include "tenantgate.fullname" $root }}
  labels:
    {{- include "tenantgate.labels" $root | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
webhooks:
  {{- range $entries }}
  - name: {{ .name }}
    clientConfig:
      service:
        namespace: {{ $root.Release.Namespace }}
        name: {{ include "tenantgate.fullname" $root }}
        port: {{ int $root.Values.service.port }}
        path: {{ .path }}
      {{- with $caBundle }}
      caBundle: {{ . }}
      {{- end }}
    rules:
      {{- toYaml .rules | nindent 6 }}
    failurePolicy: {{ include "tenantgate.failurePolicy" $root }}
    matchPolicy: Equivalent
    namespaceSelector:
      {{- include "tenantgate.namespaceSelector" (dict "root" $root "subject" .subject) | nindent 6 }}
    objectSelector: {}
    matchConditions:
      {{- toYaml .matchConditions | nindent 6 }}
      {{- if or (eq .subject "cluster") (eq .subject "platform") }}
      - name: not-the-platform
        expression: {{ include "tenantgate.notThePlatform" $root | quote }}
      {{- end }}
    {{- /* Events are written of what was really done. */}}
    sideEffects: {{ ternary "NoneOnDryRun" "None" (and $root.Values.events.enabled (not $isMutating)) }}
    timeoutSeconds: {{ int (ternary $root.Values.webhooks.timeoutSeconds.mutate $root.Values.webhooks.timeoutSeconds.validate $isMutating) }}
    admissionReviewVersions: [v1]
    {{- if $isMutating }}
    reinvocationPolicy: IfNeeded
    {{- end }}
  {{- end }}
{{- end -}}

{{/* Annotations of both configurations, however they are applied. */}}
{{- define "tenantgate.registrationAnnotations" -}}
{{- $own := dict -}}
{{- if eq .Values.certificates.mode "cert-manager" -}}
{{- $_ := set $own "cert-manager.io/inject-ca-from" (printf "%s/%s" .Release.Namespace (include "tenantgate.fullname" .)) -}}
{{- end -}}
{{- merge $own .Values.webhooks.annotations | toJson -}}
{{- end -}}

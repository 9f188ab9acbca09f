{{/* The `restricted` profile of the Pod Security Standards, and a read-only root. */}}

{{- define "tenantgate.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "tenantgate.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Arguments of `tenantgate serve`. */}}
{{- define "tenantgate.serveArguments" -}}
- serve
- --mode={{ .Values.mode }}
- --tenancy=/etc/tenantgate/documents/tenancy.yaml
- --policies=/etc/tenantgate/documents/policies.yaml
- --registration=/etc/tenantgate/documents/registration.yaml
- --port=8443
- --metrics-port=8080
{{- if eq .Values.certificates.mode "self-managed" }}
- --tls-secret={{ .Release.Namespace }}/{{ include "tenantgate.tlsSecretName" . }}
- --webhook-configuration={{ include "tenantgate.fullname" . }}
{{- range include "tenantgate.serviceHosts" . | fromJsonArray }}
- --tls-host={{ . }}
{{- end }}
{{- else }}
- --tls-cert-file=/etc/tenantgate/tls/tls.crt
- --tls-key-file=/etc/tenantgate/tls/tls.key
{{- end }}
{{- if .Values.mtls.enabled }}
- --tls-client-ca-file=/etc/tenantgate/client-ca/{{ .Values.mtls.clientCA.key }}
{{- range .Values.mtls.clientNames }}
- --tls-client-name={{ . }}
{{- end }}
{{- end }}
- --tls-min-version={{ .Values.server.tlsMinVersion }}
- --drain-seconds={{ int .Values.server.drainSeconds }}
- --max-in-flight={{ int .Values.server.maxInFlight }}
{{- with .Values.audit }}
{{- if .enabled }}
- --audit-interval-minutes={{ int .intervalMinutes }}
- --audit-lease={{ $.Release.Namespace }}/{{ include "tenantgate.fullname" $ }}-audit
- --audit-reports={{ .reports }}
{{- if .page.enabled }}
- --audit-page-port={{ int .page.port }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.events.enabled }}
- --events=on
{{- end }}
- --log-level={{ .Values.server.logLevel }}
{{- end -}}

{{- define "tenantgate.volumes" -}}
- name: documents
  configMap:
    name: {{ include "tenantgate.fullname" . }}
{{- if ne .Values.certificates.mode "self-managed" }}
- name: tls
  secret:
    secretName: {{ include "tenantgate.tlsSecretName" . }}
    items:
      - key: tls.crt
        path: tls.crt
      - key: tls.key
        path: tls.key
{{- end }}
{{- if .Values.mtls.enabled }}
- name: client-ca
  {{- if eq .Values.mtls.clientCA.kind "Secret" }}
  secret:
    secretName: {{ .Values.mtls.clientCA.name }}
  {{- else }}
  configMap:
    name: {{ .Values.mtls.clientCA.name }}
  {{- end }}
    items:
      - key: {{ .Values.mtls.clientCA.key }}
        path: {{ .Values.mtls.clientCA.key }}
{{- end }}
{{- end -}}

{{/* No subPath: a file mounted so never changes, and certificates and documents are reloaded. */}}
{{- define "tenantgate.volumeMounts" -}}
- name: documents
  mountPath: /etc/tenantgate/documents
  readOnly: true
{{- if ne .Values.certificates.mode "self-managed" }}
- name: tls
  mountPath: /etc/tenantgate/tls
  readOnly: true
{{- end }}
{{- if .Values.mtls.enabled }}
- name: client-ca
  mountPath: /etc/tenantgate/client-ca
  readOnly: true
{{- end }}
{{- end -}}

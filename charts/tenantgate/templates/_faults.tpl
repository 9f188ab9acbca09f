{{/* Values that are right alone but not together: all faults at once. What is wrong alone is refused by values.schema.json. */}}
{{- define "tenantgate.checkValues" -}}
{{- $faults := list -}}
{{- with .Values -}}
{{- if eq .certificates.mode "secret" -}}
{{- if not .certificates.secret.name -}}
{{- $faults = append $faults "certificates.secret.name: is missing; with certificates.mode `secret` name the Secret of type kubernetes.io/tls that is served" -}}
{{- end -}}
{{- if not .certificates.secret.caBundle -}}
{{- $faults = append $faults "certificates.secret.caBundle: is missing; with certificates.mode `secret` give the CA that signed the certificate, so that the API server trusts it" -}}
{{- end -}}
{{- else if or .certificates.secret.name .certificates.secret.caBundle -}}
{{- $faults = append $faults (printf "certificates.secret: is for certificates.mode `secret`, which is `%s`" .certificates.mode) -}}
{{- end -}}
{{- with .certificates.certManager.issuerRef -}}
{{- if not .name -}}
{{- $faults = append $faults "certificates.certManager.issuerRef.name: is missing" -}}
{{- end -}}
{{- end -}}
{{- if and .mtls.enabled (not .mtls.clientCA.name) -}}
{{- $faults = append $faults "mtls.clientCA.name: is missing; name the object that holds the CA of the API server's client certificate" -}}
{{- end -}}
{{- if and .webhooks.staged.enabled (not .webhooks.staged.namespaces) -}}
{{- $faults = append $faults "webhooks.staged.namespaces: is empty; name the namespaces of the first roll-out" -}}
{{- end -}}
{{- if and .webhooks.staged.enabled (eq .webhooks.failurePolicy "Fail") -}}
{{- $faults = append $faults "webhooks.failurePolicy: is `Fail`, but a staged roll-out (webhooks.staged.enabled) fails open; take `auto`" -}}
{{- end -}}
{{- if and (not .policies.topics) (not .policies.custom) -}}
{{- $faults = append $faults "policies: no topic of the set and no policy of your own; at least one is needed" -}}
{{- end -}}
{{- range $name, $spec := .policies.custom -}}
{{- if has $name $.Values.policies.topics -}}
{{- $faults = append $faults (printf "policies.custom.%s: has the name of a topic that is in policies.topics; leave the topic out to replace it" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "the values do not fit together:\n  %s" (join "\n  " $faults)) -}}
{{- end -}}
{{- end -}}

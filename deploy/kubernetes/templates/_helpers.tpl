{{- define "crosslate.name" -}}
{{- if contains "crosslate" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-crosslate" (.Release.Name | trunc 30 | trimSuffix "-") }}{{ end -}}
{{- end }}

{{- /* Not app.kubernetes.io/*: KubeRay sets those on its pods itself. */}}
{{- define "crosslate.selector" -}}
crosslate-release: {{ .Release.Name | quote }}
{{- end }}

{{- define "crosslate.labels" -}}
app.kubernetes.io/name: crosslate
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "crosslate.selector" . }}
{{- end }}

{{- define "crosslate.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* preStop, draining, and half a minute for Ray's own end. */}}
{{- define "crosslate.grace" -}}
{{ add .Values.preStopSeconds (.Values.settings.drain_timeout_s | default 20 | ceil | int) 30 }}
{{- end }}

{{- define "crosslate.podSettings" -}}
terminationGracePeriodSeconds: {{ include "crosslate.grace" . }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toJson . }}
{{- end }}
volumes:
  - {name: tmp, emptyDir: {sizeLimit: {{ .Values.temporary }}}}
  - {name: home, emptyDir: {}}
  - {name: shared-memory, emptyDir: {medium: Memory, sizeLimit: {{ .Values.sharedMemory }}}}
  {{- if .Values.models.enabled }}
  - name: models
    persistentVolumeClaim:
      claimName: {{ .Values.models.existingClaim | default (printf "%s-models" (include "crosslate.name" .)) }}
  {{- end }}
  {{- range $number, $file := .Values.secretFiles }}
  - name: secret-{{ $number }}
    secret: {secretName: {{ $file.secretName | quote }}, defaultMode: 288, items: [{key: {{ $file.key | quote }}, path: value}]}
  {{- end }}
  {{- if eq .Values.mode "deployment" }}
  - {name: settings, configMap: {name: {{ include "crosslate.name" . }}}}
  {{- end }}
{{- end }}

{{- define "crosslate.containerSettings" -}}
image: {{ include "crosslate.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
lifecycle:
  preStop:
    exec: {command: [sleep, {{ .Values.preStopSeconds | quote }}]}
env:
  {{- if eq .Values.mode "deployment" }}
  - {name: CROSSLATE_CONFIG, value: /etc/crosslate/crosslate.yaml}
  {{- end }}
  {{- if and .Values.models.enabled (not .Values.models.readOnly) }}
  - {name: HF_HOME, value: /models/huggingface}
  {{- end }}
  - {name: RAY_SERVE_HAPROXY_METRICS_ENABLED, value: "0"}
  {{- with .Values.haproxyMetricsPort }}
  - {name: RAY_SERVE_HAPROXY_METRICS_PORT, value: {{ . | quote }}}
  {{- end }}
  {{- range $number, $file := .Values.secretFiles }}
  - {name: {{ $file.env }}, value: /run/secrets/crosslate-{{ $number }}/value}
  {{- end }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: home, mountPath: /home/crosslate}
  - {name: shared-memory, mountPath: /dev/shm}
  {{- if .Values.models.enabled }}
  - {name: models, mountPath: /models, readOnly: {{ .Values.models.readOnly }}}
  {{- end }}
  {{- range $number, $file := .Values.secretFiles }}
  - {name: secret-{{ $number }}, mountPath: /run/secrets/crosslate-{{ $number }}, readOnly: true}
  {{- end }}
  {{- if eq .Values.mode "deployment" }}
  - {name: settings, mountPath: /etc/crosslate, readOnly: true}
  {{- end }}
{{- end }}

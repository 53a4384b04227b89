{{- define "overheard.labels" -}}
app.kubernetes.io/name: overheard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "overheard.metadata" -}}
name: {{ printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" }}
labels:
  {{- include "overheard.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "overheard.image" -}}
{{ printf "%s:%s" (.image | default .root.Values.image.repository) (.root.Values.image.tag | default .root.Chart.AppVersion) }}
{{- end }}

{{- /* What every pod has. Service links would be environment variables that look like settings. */ -}}
{{- define "overheard.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
terminationGracePeriodSeconds: 45
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What every container has: a read-only file system but for /tmp, no rights, bounded memory. */ -}}
{{- define "overheard.container" -}}
image: {{ include "overheard.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  requests:
    cpu: {{ .cpu | quote }}
    memory: {{ .memory | quote }}
  limits:
    {{- with .cpuLimit }}
    cpu: {{ . | quote }}
    {{- end }}
    memory: {{ .memory | quote }}
{{- end }}

{{- /* Settings in a pod's own text, so that a changed one replaces the pod. */ -}}
{{- define "overheard.settings" -}}
- name: OVERHEARD_LOG_FORMAT
  value: json
- name: OVERHEARD_SPEECH
  value: {{ .Values.speech.enabled | quote }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $key := .Values.secretSettings }}
- name: {{ $name }}
  {{- include "overheard.from-secret" (dict "root" $ "key" $key) | nindent 2 }}
{{- end }}
- name: OVERHEARD_DATABASE_URL
  {{- include "overheard.from-secret" (dict "root" . "key" .Values.secret.databaseUrl) | nindent 2 }}
{{- end }}

{{- define "overheard.broker" -}}
- name: OVERHEARD_BROKER_URL
  {{- include "overheard.from-secret" (dict "root" . "key" .Values.secret.brokerUrl) | nindent 2 }}
{{- end }}

{{- define "overheard.from-secret" -}}
valueFrom:
  secretKeyRef:
    name: {{ .root.Values.secret.name }}
    key: {{ .key }}
{{- end }}

{{- /* A process that is busy answers late, and is not ill. */ -}}
{{- define "overheard.probes" -}}
startupProbe:
  exec:
    command: {{ .command | toJson }}
  periodSeconds: 5
  timeoutSeconds: 15
  failureThreshold: 36
livenessProbe:
  exec:
    command: {{ .command | toJson }}
  periodSeconds: 30
  timeoutSeconds: 15
  failureThreshold: 10
{{- end }}

{{- define "overheard.tmp" -}}
- name: {{ . }}
  emptyDir:
    medium: Memory
    sizeLimit: 64Mi
{{- end }}

{{- define "overheard.worker-probes" -}}
{{- $health := list "overheard" "health" "worker" "--name" .name -}}
{{ include "overheard.probes" (dict "command" $health) }}
readinessProbe:
  exec:
    command: {{ append $health "--ready" | toJson }}
  periodSeconds: 30
  timeoutSeconds: 15
{{- end }}

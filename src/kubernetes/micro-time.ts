/** MicroTime: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/micro-time/ */
export function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

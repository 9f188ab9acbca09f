import { ask, askTime, textOf, unansweredRemark, type ClusterReader } from './cluster-question.ts';
import { checkOf, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';

const request = { path: '/version', rule: { nonResourceURLs: ['/version'], verbs: ['get'] } } as const;

/** Certificates and tokens are made with a minute or more to spare. */
const largestDifferenceSeconds = 60;

/** The check, and whether any other could be made. */
export interface ApiServerFinding {
  readonly check: DoctorCheck;
  readonly isReachable: boolean;
}

/** Whether the API server answers, and how far its clock is from this one: whether a certificate is valid depends on both. */
export async function checkApiServer(reader: ClusterReader, now: () => Date): Promise<ApiServerFinding> {
  const reading = await ask(reader, request);
  if (reading.state !== 'read') {
    const check = checkOf('api-server', 'no answer', [
      unansweredRemark('The version of the API server', reading, request),
    ]);
    return { check, isReachable: reading.state === 'forbidden' };
  }
  const version = `Kubernetes ${textOf(reading.object, 'gitVersion')}`;
  const serverTime = await askTime(reader).catch(() => undefined);
  if (serverTime === undefined) {
    const message = 'The API server gives no time: the clocks cannot be compared';
    return {
      check: checkOf('api-server', version, [{ status: 'unknown', message, fix: undefined }]),
      isReachable: true,
    };
  }
  const seconds = Math.round(Math.abs(now().getTime() - serverTime.getTime()) / 1_000);
  const check = checkOf('api-server', `${version}; clocks differ by ${seconds} s`, clockRemarks(seconds));
  return { check, isReachable: true };
}

function clockRemarks(seconds: number): readonly DoctorRemark[] {
  if (seconds <= largestDifferenceSeconds) return [];
  const message = `The clock of the API server and the one of this machine differ by ${seconds} s: what is valid here may not be valid there`;
  return [{ status: 'wrong', message, fix: 'Set both clocks by NTP.' }];
}

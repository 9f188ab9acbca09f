import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';

import type { LogFields, OperationLog } from '../admission/telemetry-ports.ts';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** File descriptor or path; standard output when absent. */
  readonly target?: number | string;
  readonly flushMs?: number;
}

/** The log of the process: JSON lines on a buffered destination. */
export interface Logger extends OperationLog {
  /** Whether lines of this level are written. */
  isEnabled(level: 'info'): boolean;
  /** Adds a line that is already JSON and ends in a line feed, for those who write too many for a general logger. */
  writeLine(line: string): void;
  /** Lines that were lost because their reader was too slow or gone. */
  droppedLines(): number;
  /** Writes what is buffered and ends the log; resolves within a second even when nobody reads. */
  stop(): Promise<void>;
}

const maxStackLength = 4_096;
const defaultFlushMs = 1_000;
const standardOutput = 1;

/** Makes the log of the process, with the level as a word and the time in ISO 8601. */
export function createLogger({ level, target = standardOutput, flushMs = defaultFlushMs }: LoggerOptions): Logger {
  const buffer = createLineBuffer({ target, flushMs });
  const logger = createPino(level, buffer);
  return {
    ...operationLog(logger),
    isEnabled: (asked) => logger.isLevelEnabled(asked),
    writeLine: (line) => {
      buffer.write(line);
    },
    droppedLines: () => buffer.droppedLines(),
    stop: () => buffer.stop(),
  };
}

function createPino(level: LogLevel, buffer: LineBuffer): PinoLogger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeCause },
    },
    buffer,
  );
}

/** Pino's own serializer would copy every property of an error, whatever it holds. */
function describeCause(cause: unknown): object {
  if (!(cause instanceof Error)) return { type: typeof cause };
  const described = { type: cause.name, stack: (cause.stack ?? cause.message).slice(0, maxStackLength) };
  return cause.cause instanceof Error ? { ...described, cause: describeCause(cause.cause) } : described;
}

function operationLog(logger: PinoLogger): OperationLog {
  return {
    info: (message: string, fields: LogFields = {}) => {
      logger.info(fields, message);
    },
    warn: (message: string, fields: LogFields = {}) => {
      logger.warn(fields, message);
    },
    error: (message: string, fields: LogFields = {}, cause?: unknown) => {
      logger.error(cause === undefined ? fields : { ...fields, err: cause }, message);
    },
  };
}

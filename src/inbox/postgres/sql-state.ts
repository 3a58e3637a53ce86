import { BridgeError } from '../../errors.ts';
import { isOwnFault } from '../inbox-fault.ts';

/** The codes by which Node and the driver report, instead of a SQLSTATE, that the connection failed. */
const lostConnection =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)|^(08|57P)/;

/** SQLSTATE, or the code of Node or the driver; undefined when the error has none. */
export function driverCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && error.code !== '' ? error.code : undefined;
}

/** Whether the connection broke, or could not be made; the server may have carried out the statement. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof BridgeError || isOwnFault(error)) return false;
  return isConnectionCode(driverCodeOf(error));
}

export function isConnectionCode(code: string | undefined): boolean {
  return code === undefined || lostConnection.test(code);
}

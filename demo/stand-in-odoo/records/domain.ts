import { valueError } from '../faults.ts';

export type Condition = readonly [field: string, operator: string, value: unknown];

/**
 * The conditions of a domain, which must all hold. The stand-in knows no prefix operators and no dotted paths, since
 * neither the bridge nor the demo sends them.
 *
 * @throws StandInFault ValueError for anything else
 */
export function readDomain(domain: unknown): Condition[] {
  if (!Array.isArray(domain)) throw invalid(domain);
  return domain.map((item: unknown) => {
    const [field, operator, value, ...rest] = (Array.isArray(item) ? item : []) as unknown[];
    if (typeof field !== 'string' || typeof operator !== 'string' || rest.length > 0) throw invalid(item);
    return [field, operator, value];
  });
}

/** @throws StandInFault ValueError for an unknown operator */
export function holdsCondition(found: unknown, operator: string, value: unknown): boolean {
  switch (operator) {
    case '=':
      return isEmpty(value) ? isEmpty(found) : found === value;
    case '!=':
      return !holdsCondition(found, '=', value);
    case 'in':
      return (value as readonly unknown[]).some((one) => holdsCondition(found, '=', one));
    case 'ilike':
      return String(found).toLowerCase().includes(String(value).toLowerCase());
    case '<':
      return Number(found) < Number(value);
    default:
      throw valueError(`Invalid operator ${operator} in condition`);
  }
}

function isEmpty(value: unknown): boolean {
  return value === false || value === null || value === undefined || value === '';
}

function invalid(item: unknown): Error {
  return valueError(`Domain() invalid item in domain: ${JSON.stringify(item)}`);
}

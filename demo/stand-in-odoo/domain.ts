import { valueError } from './faults.ts';

type Condition = readonly [path: string, operator: string, value: unknown];

/** Whether one condition holds for the record at hand. */
type Test = (condition: Condition) => boolean;

/**
 * Tells whether a domain in Odoo's prefix notation holds; conditions without an operator between them are
 * joined by `&`.
 *
 * @throws StandInFault ValueError for what is not a domain
 */
export function holdsDomain(domain: unknown, test: Test): boolean {
  if (!Array.isArray(domain)) throw valueError(`Domain() invalid item in domain: ${JSON.stringify(domain)}`);
  const items: readonly unknown[] = domain;
  let position = 0;

  // Both sides are always looked at, so that a wrong condition is refused whatever stands before it.
  function next(): boolean {
    const item = items[position];
    position += 1;
    if (item === '!') return !next();
    if (item === '&' || item === '|') {
      const [left, right] = [next(), next()];
      return item === '&' ? left && right : left || right;
    }
    return test(asCondition(item));
  }

  let all = true;
  while (position < items.length) all = next() && all;
  return all;
}

function asCondition(item: unknown): Condition {
  if (Array.isArray(item) && item.length === 3) {
    const [path, operator, value] = item as [unknown, unknown, unknown];
    if (typeof path === 'string' && typeof operator === 'string') return [path, operator, value];
  }
  throw valueError(`Domain() invalid item in domain: ${JSON.stringify(item)}`);
}

/**
 * Compares the values found at the end of a path (several behind an x2many) with the one of a condition.
 * A negative operator holds when its positive one does not.
 *
 * @throws StandInFault ValueError for an unknown operator
 */
export function compareValues(found: readonly unknown[], operator: string, value: unknown): boolean {
  switch (operator) {
    case '!=':
      return !compareValues(found, '=', value);
    case 'not in':
      return !compareValues(found, 'in', value);
    case 'not ilike':
      return !compareValues(found, 'ilike', value);
    case '=':
      return isEmpty(value) ? found.every(isEmpty) : found.some((one) => one === value);
    case 'in':
      if (!Array.isArray(value)) throw valueError(`The operator 'in' needs a list, not ${typeof value}`);
      return value.some((one) => compareValues(found, '=', one));
    case 'ilike':
      return found.some((one) => contains(one, value));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return found.some((one) => isOrdered(one, operator, value));
    default:
      throw valueError(`Invalid operator ${operator} in condition`);
  }
}

function isEmpty(value: unknown): boolean {
  return value === false || value === null || value === undefined || value === '';
}

function contains(text: unknown, part: unknown): boolean {
  return typeof text === 'string' && text.toLowerCase().includes(String(part).toLowerCase());
}

function isOrdered(one: unknown, operator: '<' | '<=' | '>' | '>=', other: unknown): boolean {
  if (isEmpty(one) || (typeof one !== 'number' && typeof one !== 'string')) return false;
  if (typeof other !== typeof one) return false;
  const limit = other as typeof one;
  if (operator === '<') return one < limit;
  if (operator === '<=') return one <= limit;
  if (operator === '>') return one > limit;
  return one >= limit;
}

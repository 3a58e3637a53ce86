import { expect, it } from 'vitest';
import { inboxFault } from '../../../src/inbox/postgres/fault.ts';

it('the fix for missing tables names the pooler before the backup', () => {
  const notFound = Object.assign(new Error('relation "request" does not exist'), { code: '42P01' });
  expect(inboxFault(notFound, 'write')).toMatchObject({
    code: 'INBOX_WRITE_FAILED',
    message: expect.stringMatching(/pooler.*by session.*backup/) as unknown,
  });
});

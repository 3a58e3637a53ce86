import { describe, expect, it } from 'vitest';
import { classifyFailure as classify } from '../../../src/rules/delivery/failure-class.ts';
import type { FailureEvidence } from '../../../src/rules/delivery/failure-class.ts';

const classifyFailure = (evidence: Omit<FailureEvidence, 'isBlacklisted'>) =>
  classify({ ...evidence, isBlacklisted: false });

const line = (reply: string, kind = 'other'): string =>
  `mta1 zone-mta: 2026-09-30T08:00:00.000Z info Sender/default/1[1] id=19a001 19a001.001 REJECTED[${kind}] from=<b@swg.example.com> to=<jane@example.org> src=192.0.2.1 mx=mx.example.org[5.1.1.20] id=<1.2.3@example.com> (${reply})`;

describe('a failure that Sweego labels hard although it is temporary or local (Sweego fact sheet 2.4)', () => {
  it.each([
    ['451 too many errors from your ip'],
    ['451 4.7.652 The mail server has exceeded the maximum number of connections'],
    ['421 4.1.1 OFR005_104 Service refused, please try later'],
    ['450 4.2.1 The mailbox is inactive'],
  ])('with "%s" is never a missing address', (reply) => {
    expect(classifyFailure({ label: 'hard', responseCode: null, details: line(reply) })).toEqual({
      permanence: 'soft',
      failureType: 'mail_smtp',
      reason: 'temporary',
    });
  });

  it('is temporary after a network timeout without a reply', () => {
    const details = line('Connection timed out while waiting for a greeting', 'network');
    expect(classifyFailure({ label: 'hard', responseCode: null, details })).toMatchObject({
      permanence: 'soft',
      failureType: 'mail_smtp',
    });
  });

  it('is a blocked address when it is on Sweego’s suppression list', () => {
    const details =
      'mta1 zone-mta: info Queue 19a001.001 DROP[suppressed] Recipient jane@example.org is in the suppression list';
    expect(classifyFailure({ label: 'hard', responseCode: null, details })).toEqual({
      permanence: 'hard',
      failureType: 'mail_bl',
      reason: 'recipient_suppressed',
    });
  });
});

describe('a recipient on Sweego’s blacklist', () => {
  it('is blocked, with any reply', () => {
    const evidence = { label: 'other', responseCode: null, details: line('550 5.1.1 User unknown') } as const;
    expect(classify({ ...evidence, isBlacklisted: true })).toMatchObject({ failureType: 'mail_bl' });
  });
});

describe('a failure that Sweego labels soft although it is permanent (Sweego fact sheet 2.4)', () => {
  it.each([
    ['550 5.2.1 The mailbox is blocked for inactivity', 'mail_email_invalid', 'mailbox_disabled'],
    ['552 5.2.2 Over quota', 'mail_smtp', 'mailbox_full'],
  ])('has the cause of "%s", and a later delivery still counts', (reply, failureType, reason) => {
    expect(classifyFailure({ label: 'soft', responseCode: null, details: line(reply) })).toEqual({
      permanence: 'soft',
      failureType,
      reason,
    });
  });
});

describe('the cause of a refusal', () => {
  it('is an invalid address when the user is unknown', () => {
    const details = line('550 5.1.1 User unknown');
    expect(classifyFailure({ label: 'hard', responseCode: 550, details })).toMatchObject({
      permanence: 'hard',
      failureType: 'mail_email_invalid',
    });
  });

  it.each([
    ['550 5.7.1 Service unavailable, client host is on a block list'],
    ['554 5.7.5 Message rejected by local policy'],
    ['550 Message refused because of poor reputation'],
    ['552 5.3.4 Message size exceeds fixed limit'],
    ['554 Message too large'],
    ['553 5.1.8 Sender address refused'],
  ])('is never the customer’s address for "%s"', (reply) => {
    const failure = classifyFailure({ label: 'hard', responseCode: null, details: line(reply) });
    expect(failure).toMatchObject({ permanence: 'hard', failureType: 'mail_smtp' });
  });

  it.each([
    ['554 5.0.0 Transaction failed', 'mail_smtp'],
    ['571 Message refused', 'mail_smtp'],
    ['550 5.4.1 Recipient address rejected: access denied', 'mail_smtp'],
    ['554 Sorry, no such user here', 'mail_email_invalid'],
  ])('is no more specific than the reply "%s"', (reply, failureType) => {
    const failure = classifyFailure({ label: 'hard', responseCode: null, details: line(reply) });
    expect(failure).toMatchObject({ permanence: 'hard', failureType });
    expect(failure.reason).not.toBe('temporary');
  });

  it('does not depend on the names of machines or addresses', () => {
    const details = line('550 User unknown').replace('mx.example.org', 'antispam.policy.example.org');
    expect(classifyFailure({ label: 'hard', responseCode: 550, details })).toMatchObject({
      failureType: 'mail_email_invalid',
    });
  });

  it('does not depend on numbers in the address of a mail server', () => {
    const details = line('451 4.7.1 Try again later');
    expect(details).toContain('[5.1.1.20]');
    expect(classifyFailure({ label: 'hard', responseCode: 451, details })).toMatchObject({
      permanence: 'soft',
    });
  });

  it('follows the reply code of the event before the label', () => {
    expect(classifyFailure({ label: 'hard', responseCode: 452, details: null })).toMatchObject({
      permanence: 'soft',
      failureType: 'mail_smtp',
    });
  });

  it.each([
    ['hard', 'mail_email_invalid', 'hard'],
    ['soft', 'mail_smtp', 'soft'],
    ['other', 'unknown', 'soft'],
  ] as const)('follows the label %s when there is no reply', (label, failureType, permanence) => {
    expect(classifyFailure({ label, responseCode: null, details: null })).toMatchObject({
      failureType,
      permanence,
    });
  });
});

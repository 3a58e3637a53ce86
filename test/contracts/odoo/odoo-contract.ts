import { describe } from 'vitest';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import { odooAnswers } from './answers.ts';
import type { ContractOdoo } from './contract-odoo.ts';
import { odooCredentials } from './credentials.ts';
import { odooOutages } from './outages.ts';
import { odooRefusals } from './refusals.ts';

/** Registers the promises of every transport, for the stand-in and for a real Odoo 19 alike. */
export function odooContract(name: string, transport: OdooTransport, odoo: () => ContractOdoo): void {
  describe(`Odoo over ${transport}, on ${name}`, () => {
    odooAnswers(transport, odoo);
    odooRefusals(transport, odoo);
    odooCredentials(transport, odoo);
    odooOutages(transport);
  });
}

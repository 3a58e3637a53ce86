import type { CrashScene } from './crash-stage.ts';

export type KillMoment = {
  call: 'read' | 'apply';
  /** `arrived`: Odoo never sees the call. `answered`: Odoo has committed, and the bridge never gets the answer. */
  when: 'arrived' | 'answered';
  /** Counted from 1. */
  number: number;
  /** The first call of this kind waits for it before Odoo sees the call. */
  first?: Promise<unknown>;
};

/**
 * Kills the scene's bridge at one of its calls to Odoo; resolves when it is gone. Later calls pass.
 *
 * @throws Error when no such call comes within a minute, or Odoo refuses it
 */
export function killAtCall(scene: CrashScene, moment: KillMoment): Promise<void> {
  let count = 0;
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(
      () => reject(new Error(`No ${moment.call} number ${moment.number} within a minute.`)),
      60_000,
    );
    const kill = async () => {
      clearTimeout(tooLate);
      scene.gate.onArrival(() => 'pass');
      scene.gate.onAnswer(() => 'pass');
      await scene.kill();
      resolve();
      return 'hold' as const;
    };
    scene.gate.onArrival(async (call) => {
      if (call !== moment.call) return 'pass';
      count += 1;
      if (count === 1) await moment.first;
      return count === moment.number && moment.when === 'arrived' ? kill() : 'pass';
    });
    scene.gate.onAnswer((call, status) => {
      if (call !== moment.call || count !== moment.number || moment.when !== 'answered') return 'pass';
      if (status !== 200) reject(new Error(`Odoo answered ${status}.`));
      return kill();
    });
  });
}

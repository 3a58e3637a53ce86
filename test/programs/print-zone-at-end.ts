import { writeSync } from 'node:fs';

/** Loaded before a program. Prints the time zone that the program ran in when the program ends. */
process.on('exit', () => {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const offsets = ['2027-01-01', '2027-07-01'].map((day) => new Date(day).getTimezoneOffset());
  writeSync(2, `zone ${zone}, minutes from UTC ${offsets.join(' and ')}\n`);
});

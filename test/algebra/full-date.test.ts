import { test } from 'tap';

import { isCalendarDate, laterDate } from '../../src/algebra/full-date.ts';

test('days that no calendar has are told from those that there are', (t) => {
  for (const day of ['2027-02-29', '2027-04-31', '2027-13-01', '2027-00-10', '2027-01-00', '2100-02-29', '2027']) {
    t.equal(isCalendarDate(day), false, day);
  }
  for (const day of ['2028-02-29', '2000-02-29', '2027-12-31', '2027-01-01']) t.equal(isCalendarDate(day), true, day);
  t.end();
});

test('the later of two days counts, and the one day where there is one', (t) => {
  t.equal(laterDate('2027-01-31', '2027-02-01'), '2027-02-01');
  t.equal(laterDate('2027-02-01', '2027-01-31'), '2027-02-01');
  t.equal(laterDate(undefined, '2027-01-31'), '2027-01-31');
  t.equal(laterDate('2027-01-31', undefined), '2027-01-31');
  t.equal(laterDate(undefined, undefined), undefined);
  t.end();
});

import { describe, expect, test } from 'vitest';
import { modelOf } from './aws-model.ts';
import { checkShape } from './check-shape.ts';
import { understand, type WireRequest } from './wire-input.ts';

/** What the check of the wire itself must catch; the contract's cases use it on every request. */

const form = (text: string): WireRequest => ({
  method: 'POST',
  path: '/',
  query: new URLSearchParams(),
  headers: {},
  body: Buffer.from(text),
});

function problemsOf(service: string, request: WireRequest): string[] {
  const model = modelOf(service);
  const understood = understand(model, request);
  if ('stranger' in understood) return [understood.stranger];
  const { operation, input } = understood;
  return operation.input ? checkShape(model, operation.input.shape, input, operation.name) : [];
}

describe("a request against AWS's own model", () => {
  test('one that is right has no problem', () => {
    const text =
      'Action=CreateDBSnapshot&Version=2014-10-31&DBSnapshotIdentifier=a&DBInstanceIdentifier=b&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v';
    expect(problemsOf('rds', form(text))).toEqual([]);
  });

  test.each([
    [
      'an action that nobody serves',
      'Action=MakeSnapshot&Version=2014-10-31',
      'nobody serves the action MakeSnapshot',
    ],
    [
      "a version that is not the model's",
      'Action=CreateDBSnapshot&Version=2011-01-01',
      'the version is 2011-01-01',
    ],
    [
      'a parameter that is missing',
      'Action=CreateDBSnapshot&Version=2014-10-31&DBSnapshotIdentifier=a',
      'CreateDBSnapshot.DBInstanceIdentifier is missing',
    ],
    [
      'a parameter that there is not',
      'Action=CreateDBSnapshot&Version=2014-10-31&DBSnapshotIdentifier=a&DBInstanceIdentifier=b&Final=true',
      'CreateDBSnapshot.Final is not in the model',
    ],
    [
      'a list that is written wrong',
      'Action=CreateDBSnapshot&Version=2014-10-31&DBSnapshotIdentifier=a&DBInstanceIdentifier=b&Tags.member.1.Key=k',
      'CreateDBSnapshot.Tags[0].1 is not in the model',
    ],
    [
      'a boolean that is none',
      'Action=RebootDBInstance&Version=2014-10-31&DBInstanceIdentifier=b&ForceFailover=yes',
      'RebootDBInstance.ForceFailover is no boolean: yes',
    ],
  ])('%s is found', (_what, text, problem) => {
    expect(problemsOf('rds', form(text))).toContain(problem);
  });

  test('a word that the model does not have is found', () => {
    const body =
      '<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>REPLACE</Action><ResourceRecordSet><Name>a.</Name><Type>CNAME</Type></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>';
    const request = { ...form(body), path: '/2013-04-01/hostedzone/Z1/rrset' };
    expect(problemsOf('route53', request)).toEqual([
      "ChangeResourceRecordSets.ChangeBatch.Changes[0].Action is none of the model's words: REPLACE",
    ]);
  });
});

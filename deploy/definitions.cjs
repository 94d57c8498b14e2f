'use strict';
// How state machine definitions stand in the template: as text in which CloudFormation fills in partition, region and
// account, or in S3 when the template would come near CloudFormation's limit. The largest go first and only as many
// as must: a definition inside the template is easier to review.

/** Bytes of template above which definitions move; CloudFormation takes 1,000,000 from S3. */
const limitBytes = 700_000;

/** Names in a moved definition, for the pseudo parameters that Fn::Sub knows. No expression of a plan looks like them. */
const substitutions = {
  LifeboatPartition: 'AWS::Partition',
  LifeboatRegion: 'AWS::Region',
  LifeboatAccount: 'AWS::AccountId',
};

/** Makes CloudFormation fill in the definitions, which the Step Functions plugin leaves as plain text. */
function writeDefinitions(template) {
  for (const { Properties } of machinesOf(template)) {
    const text = textOf(Properties.DefinitionString);
    Properties.DefinitionString = { 'Fn::Sub': JSON.stringify(JSON.parse(text)) };
  }
}

/** Moves definitions out of the template until it is small enough. Returns the files to upload beside it. */
function moveDefinitions(template, { keyPrefix, limit = limitBytes }) {
  const machines = machinesOf(template).sort((a, b) => sizeOf(b) - sizeOf(a));
  const files = [];
  while (sizeOf(template) > limit && machines.length > 0) {
    const { Properties } = machines.shift();
    const name = `${Properties.StateMachineName}.asl.json`;
    files.push({ name, text: standAlone(textOf(Properties.DefinitionString)) });
    delete Properties.DefinitionString;
    Properties.DefinitionS3Location = {
      Bucket: { Ref: 'ServerlessDeploymentBucket' },
      Key: `${keyPrefix}/${name}`,
    };
    Properties.DefinitionSubstitutions = Object.fromEntries(
      Object.entries(substitutions).map(([key, parameter]) => [key, { Ref: parameter }]),
    );
  }
  return files;
}

/** Keys in the deployment bucket that the template expects definitions at. */
function movedKeys(template) {
  return machinesOf(template).flatMap(({ Properties }) => Properties.DefinitionS3Location?.Key ?? []);
}

function machinesOf(template) {
  return Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
}

function textOf(definition) {
  return typeof definition === 'string' ? definition : definition['Fn::Sub'];
}

/** The form for DefinitionSubstitutions, which has names of its own and knows no `${!…}`. */
function standAlone(text) {
  let filled = text;
  for (const [key, parameter] of Object.entries(substitutions)) {
    filled = filled.replaceAll(`\${${parameter}}`, `\${${key}}`);
  }
  return filled.replaceAll('${!', '${');
}

function sizeOf(value) {
  return Buffer.byteLength(JSON.stringify(value));
}

module.exports = { moveDefinitions, movedKeys, writeDefinitions };

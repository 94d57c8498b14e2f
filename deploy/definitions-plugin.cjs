'use strict';
// Moves state machine definitions to S3 when the template would come near CloudFormation's limit of 1 MB. The largest
// go first and only as many as must: a definition inside the template is easier to review.
const { writeFileSync, mkdirSync, readFileSync } = require('node:fs');
const { join, basename } = require('node:path');

/** Bytes of template above which definitions move; CloudFormation takes 1,000,000 from S3. */
const limitBytes = 700_000;

module.exports = class DefinitionsPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.moved = [];
    this.hooks = {
      // After all events were compiled and before the template is written.
      'before:package:finalize': () => this.move(),
      'after:aws:deploy:deploy:uploadArtifacts': () => this.upload(),
    };
  }

  move() {
    const template = this.serverless.service.provider.compiledCloudFormationTemplate;
    const machines = Object.values(template.Resources)
      .filter(resource => resource.Type === 'AWS::StepFunctions::StateMachine')
      .sort((a, b) => sizeOf(b) - sizeOf(a));
    const directory = join(this.serverless.serviceDir, '.serverless');
    mkdirSync(directory, { recursive: true });
    while (sizeOf(template) > limitBytes && machines.length > 0) {
      const { Properties } = machines.shift();
      const text = definitionOf(Properties.DefinitionString);
      const file = join(directory, `${Properties.StateMachineName}.asl.json`);
      writeFileSync(file, JSON.stringify(JSON.parse(text)));
      delete Properties.DefinitionString;
      Properties.DefinitionS3Location = {
        Bucket: { Ref: 'ServerlessDeploymentBucket' },
        Key: `${this.serverless.service.package.artifactDirectoryName}/${basename(file)}`,
      };
      Properties.DefinitionSubstitutions = {
        partition: { Ref: 'AWS::Partition' },
        region: { Ref: 'AWS::Region' },
        account: { Ref: 'AWS::AccountId' },
      };
      this.moved.push(file);
    }
  }

  async upload() {
    const provider = this.serverless.getProvider('aws');
    const bucket = await provider.getServerlessDeploymentBucketName();
    for (const file of this.moved) {
      await provider.request('S3', 'upload', {
        Bucket: bucket,
        Key: `${this.serverless.service.package.artifactDirectoryName}/${basename(file)}`,
        Body: readFileSync(file),
        ContentType: 'application/json',
      });
    }
  }
};

/** The definition with names that DefinitionSubstitutions knows, from the form that Fn::Sub takes. */
function definitionOf(value) {
  const text = typeof value === 'string' ? value : value['Fn::Sub'];
  return text
    .replaceAll('${AWS::Partition}', '${partition}')
    .replaceAll('${AWS::Region}', '${region}')
    .replaceAll('${AWS::AccountId}', '${account}')
    .replaceAll('${!', '${');
}

function sizeOf(value) {
  return Buffer.byteLength(JSON.stringify(value));
}

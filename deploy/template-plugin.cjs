'use strict';
// The last touch on the template before Serverless writes it, and the upload of what was moved out of it.
const { writeFileSync, mkdirSync, readFileSync } = require('node:fs');
const { join, basename } = require('node:path');
const { PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const { moveDefinitions, movedKeys, writeDefinitions } = require('./definitions.cjs');

module.exports = class TemplatePlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      // Everything is in the template by now, the plan's own resources too.
      'before:aws:package:finalize:saveServiceState': () => this.finish(),
      'after:aws:deploy:deploy:uploadArtifacts': () => this.upload(),
    };
  }

  finish() {
    const { service } = this.serverless;
    const template = service.provider.compiledCloudFormationTemplate;
    dropExports(template);
    writeDefinitions(template);
    const files = moveDefinitions(template, { keyPrefix: service.package.artifactDirectoryName });
    mkdirSync(this.folder(), { recursive: true });
    for (const { name, text } of files) writeFileSync(join(this.folder(), name), text);
  }

  /** Works from the template alone, so that a package that was made earlier can be deployed. */
  async upload() {
    const { service } = this.serverless;
    const keys = movedKeys(service.provider.compiledCloudFormationTemplate);
    if (keys.length === 0) return;
    const provider = this.serverless.getProvider('aws');
    const Bucket = await provider.getServerlessDeploymentBucketName();
    const client = new S3Client(await provider.getAwsSdkV3Config());
    for (const Key of keys) {
      const Body = readFileSync(join(this.folder(), basename(Key)));
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' }));
    }
  }

  /** Where Serverless keeps what it packages; it moves the whole folder when --package names another. */
  folder() {
    return join(this.serverless.serviceDir, '.serverless');
  }
};

/** Names of exports are unique in a region, so two systems would collide; nothing imports them. */
function dropExports({ Outputs = {} }) {
  for (const output of Object.values(Outputs)) delete output.Export;
}

// What serverless.yml asks for: the parts of the deployment that follow from the plan. Serverless loads CommonJS only.
module.exports = async ({ resolveVariable }) => {
  const { buildDeployment } = await import('./build.ts');
  const path = await resolveVariable("param:plan, 'plans/liquid-abt/plan.yml'");
  try {
    const deployment = await buildDeployment(path);
    // deploy/link-imports.cjs bundles these kinds of steps and no others.
    process.env.LIFEBOAT_KINDS = deployment.kinds.join(',');
    // And deploy/shake-drivers.cjs the clients of these databases.
    process.env.LIFEBOAT_ENGINES = deployment.engines.join(',');
    return deployment;
  } catch (error) {
    if (error.name !== 'InvalidInputError') throw error;
    // Serverless would say it again for each variable that is filled in from here, and bury it in stack traces.
    process.stderr.write(`\n${error.message}\n\n${error.nextStep}\n`);
    process.exit(1);
  }
};

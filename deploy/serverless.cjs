// What serverless.yml asks for: the parts of the deployment that follow from the plan. Serverless loads CommonJS only.
module.exports = async ({ resolveVariable }) => {
  const { buildDeployment } = await import('./build.ts');
  return buildDeployment(await resolveVariable("param:plan, 'plans/liquid-abt/plan.yml'"));
};

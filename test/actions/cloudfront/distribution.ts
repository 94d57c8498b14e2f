/** A distribution in front of a load balancer in each region. */
const [home, away] = ['ap-southeast-2', 'ap-southeast-4'];
const balancer = (region: string) => ({
  type: 'load-balancer',
  region,
  name: 'shop',
  dnsName: `shop.${region}.elb.amazonaws.com`,
  hostedZoneId: 'Z1',
});

export const components = {
  'lb-home': balancer(home),
  'lb-away': balancer(away),
  www: {
    type: 'cloudfront-distribution',
    region: away,
    distributionId: 'E2QWRUHAPOMQZL',
    domainName: 'd111111abcdef8.cloudfront.net',
    hostname: 'www.shop.example',
    primary: { id: 'home', host: balancer(home).dnsName },
    recovery: { id: 'away', host: balancer(away).dnsName },
  },
  health: { type: 'endpoint', region: home, url: 'https://www.shop.example/health' },
};

/** Documents in both regions: the one in the recovery region is a replica. */
export const [home, away] = ['ap-southeast-2', 'ap-southeast-4'];
export const [homeId, awayId] = ['fs-0a1b2c3d4e5f60718', 'fs-08f7e6d5c4b3a2910'];

export const components = {
  documents: { type: 'efs-file-system', region: home, fileSystemId: homeId },
  copy: { type: 'efs-file-system', region: away, fileSystemId: awayId, replicaOf: 'documents' },
};

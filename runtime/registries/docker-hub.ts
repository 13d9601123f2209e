// Docker Hub answers at another name than its images have.

export const hubDomain = 'docker.io';
export const hubHost = 'registry-1.docker.io';

// One device: a client of one region's node, behind a network of its own.

import { createClient } from '/client/index.js';

import { createNetwork } from './network.js';

async function fetchToken(user) {
  const answer = await fetch(`/api/token?user=${encodeURIComponent(user)}`);
  return (await answer.json()).token;
}

export function createDevice(region, user) {
  const network = createNetwork();
  const client = createClient({
    name: `dashboard-${region.name}`,
    url: region.url,
    // In life a device would move to another region; here each shows its own.
    discover: false,
    token: () => fetchToken(user),
    user,
    debounceMs: 60,
    environment: network.environment,
  });
  return { region, network, client };
}

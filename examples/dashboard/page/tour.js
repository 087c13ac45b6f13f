// Does by itself what the three steps say, slowly enough to watch.

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function type(client, path, text) {
  for (let length = 1; length <= text.length; ++length) {
    client.set(path, text.slice(0, length));
    await pause(45);
  }
}

/** `step(name)` is told what is going on; `''` at the end. */
export async function giveTour(devices, panes, step) {
  const [here, there] = devices;
  const note = Object.entries(here.client.get('widgets') ?? {}).find(([, widget]) => widget.kind === 'note')?.[0];
  if (!note) return;
  const path = `widgets.${note}.text`;

  step('cut');
  panes[0].link.turn(false);
  await pause(2200);

  step('edit');
  await type(here.client, path, `Written in ${here.region.name}, which nobody else can reach.`);
  await here.client.batch([{ path: `widgets.${note}.title`, value: `Renamed in ${here.region.name}` }]);
  await type(there.client, path, `Written in ${there.region.name} at the same time.`);
  await pause(2600);

  step('heal');
  panes[0].link.turn(true);
  await pause(4000);
  step('');
}

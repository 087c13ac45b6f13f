// A device's network, with a switch: what the client takes from its environment goes through it.

export function createNetwork() {
  const sockets = new Set();
  const events = new EventTarget();
  let isOn = true;

  class SwitchedSocket extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols);
      sockets.add(this);
      this.addEventListener('close', () => sockets.delete(this));
      if (!isOn) this.close();
    }
  }

  return {
    environment: {
      WebSocket: SwitchedSocket,
      fetch: (url, init) => (isOn ? fetch(url, init) : Promise.reject(new TypeError('no network'))),
      events,
    },
    get isOn() {
      return isOn;
    },
    turn(on) {
      isOn = on;
      if (!on) for (const socket of sockets) socket.close();
      events.dispatchEvent(new Event(on ? 'online' : 'offline'));
    },
  };
}

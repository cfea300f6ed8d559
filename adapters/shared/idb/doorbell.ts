import type { IdbChannel } from './surroundings.js';

type Message = 'hello' | 'ring';

/**
 * Tells other tabs of an append, once one of them was heard of: a message for nobody costs a fifth of a small write.
 *
 * A newcomer says hello before it reads the log. Whoever hears that rings back, so that an append which fell between
 * the newcomer's read and its hello is not missed; the newcomer rings in turn for what it appended before it heard
 * anybody. From then on both ring.
 */
export class Doorbell {
  readonly #channel: IdbChannel;
  #hasCompany = false;
  /** Something was appended before anybody was heard of. */
  #owesRing = false;

  constructor(channel: IdbChannel, onRing: () => void) {
    this.#channel = channel;
    channel.onmessage = ({ data }) => {
      this.#hasCompany = true;
      if (this.#owesRing || data === ('hello' satisfies Message)) this.ring();
      this.#owesRing = false;
      onRing();
    };
    this.#post('hello');
  }

  ring(): void {
    if (this.#hasCompany) this.#post('ring');
    else this.#owesRing = true;
  }

  close(): void {
    this.#channel.close();
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }
}

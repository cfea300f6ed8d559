/** The parts of WebCrypto that are used; `globalThis.crypto` is one. */
export type WebCrypto = Pick<Crypto, 'getRandomValues' | 'subtle'>;

type Bytes = Uint8Array<ArrayBuffer>;

const nonceBytes = 12;
/** Characters that one call takes as arguments. */
const charsPerCall = 0x8000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * AES-GCM over UTF-8, as base64 of nonce, ciphertext and tag. `context` is authenticated and not part of it.
 *
 * The nonce is drawn anew each time: 96 random bits, good for 2^32 texts under one key.
 *
 * Source: NIST SP 800-38D, sections 8.2.2 and 8.3.
 */
export async function seal(
  crypto: WebCrypto,
  key: CryptoKey,
  text: string,
  context: string,
): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const sealed = await crypto.subtle.encrypt(parameters(nonce, context), key, encoder.encode(text));
  const bytes = new Uint8Array(nonceBytes + sealed.byteLength);
  bytes.set(nonce);
  bytes.set(new Uint8Array(sealed), nonceBytes);
  return toBase64(bytes);
}

/** The text again. Rejects where the key, the context or a single bit differs. */
export async function unseal(
  crypto: WebCrypto,
  key: CryptoKey,
  sealed: string,
  context: string,
): Promise<string> {
  const bytes = fromBase64(sealed);
  const nonce = bytes.subarray(0, nonceBytes);
  return decoder.decode(
    await crypto.subtle.decrypt(parameters(nonce, context), key, bytes.subarray(nonceBytes)),
  );
}

function parameters(nonce: Bytes, context: string): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: encoder.encode(context) };
}

export function importKey({ subtle }: WebCrypto, bytes: Bytes): Promise<CryptoKey> {
  return subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  // Applied, because spreading the bytes takes seven times as long.
  for (let at = 0; at < bytes.length; at += charsPerCall)
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + charsPerCall));
  return btoa(text);
}

/** Throws for what is not base64. */
export function fromBase64(text: string): Bytes {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** As much of a browser's XMLHttpRequest, over `fetch`, as the long-poll of client 1.7 needs: it knows no other way to ask. */
export class FetchXmlHttpRequest {
  readyState = 0;
  status = 0;
  responseText = "";
  timeout = 0;
  onreadystatechange: () => void = () => {};
  onerror: () => void = () => {};
  ontimeout: () => void = () => {};
  readonly #headers = new Headers();
  readonly #abort = new AbortController();
  #method = "GET";
  #url = "";

  open(method: string, url: string): void {
    this.#method = method;
    this.#url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }

  send(body: string | null): void {
    const init = { method: this.#method, headers: this.#headers, signal: this.#abort.signal };
    fetch(this.#url, body === null ? init : { ...init, body })
      .then(async (response) => {
        this.status = response.status;
        this.responseText = await response.text();
        this.readyState = 4;
        this.onreadystatechange();
      })
      .catch((error: Error) => {
        if (error.name !== "AbortError") this.onerror();
      });
  }

  abort(): void {
    this.#abort.abort();
  }
}

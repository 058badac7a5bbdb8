// The sandbox's stand-in for Stripe.js: a card element, tokens, payment methods, next actions.
(() => {
  "use strict";

  const BASE = new URL(document.currentScript.src).origin;
  const SECRET = /^(pi_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+$/;
  const ELEMENT_EVENTS = ["ready", "change", "focus", "blur", "escape"];
  const FRAME_STYLE = "border:0; display:block; width:100%; height:1.5em; color-scheme:normal";
  let frames = 0;

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  // The sandbox is strict: what it does not play is refused instead of passed over.
  const demand = (where, given, known) => {
    const strange = Object.keys(given ?? {}).filter((name) => !known.includes(name));
    if (strange.length) {
      throw new IntegrationError(`${where}: the sandbox does not play ${strange.join(", ")}.`);
    }
  };

  const framed = (path, title) => {
    const frame = document.createElement("iframe");
    frames += 1;
    Object.assign(frame, { src: BASE + path, title, name: `__privateStripeFrame${frames}` });
    return frame;
  };

  // The card's data stays in a frame of another origin: the page never touches it.
  class CardElement {
    #listeners = new Map(ELEMENT_EVENTS.map((name) => [name, []]));
    #waiting = new Map();
    #frame = null;
    #port = null;

    constructor(key, account) {
      this.key = key;
      this.account = account;
    }

    mount(place) {
      const parent = typeof place === "string" ? document.querySelector(place) : place;
      if (!parent) throw new IntegrationError(`The selector you specified (${place}) applies to no DOM elements that are currently on the page.`);
      const frame = framed("/stripe-js/card", "Secure card payment input frame");
      frame.style.cssText = FRAME_STYLE;
      parent.classList.add("StripeElement", "StripeElement--empty");
      frame.addEventListener("load", () => this.#connect(frame));
      parent.replaceChildren(frame);
      this.#frame = frame;
    }

    on(event, listener) {
      if (!ELEMENT_EVENTS.includes(event)) throw new IntegrationError(`Invalid event name ${event}.`);
      this.#listeners.get(event).push(listener);
      return this;
    }

    focus() { this.#port?.postMessage({ do: "focus" }); }
    clear() { this.#port?.postMessage({ do: "clear" }); }

    unmount() {
      this.#frame?.remove();
      this.#frame = this.#port = null;
    }

    destroy() { this.unmount(); }

    create(path, params) {
      if (!this.#port) throw new IntegrationError("We could not retrieve data from the specified Element. Please make sure the Element you are attempting to use is still mounted.");
      const id = crypto.randomUUID();
      this.#port.postMessage({ do: "create", id, path, params });
      return new Promise((resolve) => this.#waiting.set(id, resolve));
    }

    #connect(frame) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => this.#hear(data);
      this.#port = port1;
      frame.contentWindow.postMessage({ key: this.key, account: this.account }, BASE, [port2]);
    }

    #hear({ event, id, ...rest }) {
      if (event === "answer") {
        this.#waiting.get(id)(rest.answer);
        this.#waiting.delete(id);
        return;
      }
      if (event === "change") this.#classes(rest);
      if (event === "focus" || event === "blur") {
        this.#frame.parentElement?.classList.toggle("StripeElement--focus", event === "focus");
      }
      for (const listener of this.#listeners.get(event)) listener({ elementType: "card", ...rest });
    }

    #classes({ empty, complete, error }) {
      const marks = { empty, complete, invalid: Boolean(error) };
      for (const [mark, on] of Object.entries(marks)) {
        this.#frame.parentElement?.classList.toggle(`StripeElement--${mark}`, on);
      }
    }
  }

  const answered = (body, kind) => (body.error ? { error: body.error } : { [kind]: body });

  class StripeObject {
    #key;
    #account;

    constructor(key, account) {
      this.#key = key;
      this.#account = account;
    }

    elements(options) {
      demand("elements()", options, ["locale", "fonts", "appearance"]);
      return { create: (kind, wishes) => this.#element(kind, wishes) };
    }

    async createToken(element, data = {}) {
      this.#own("createToken", element);
      demand("createToken()", data, ["name", "address_zip"]);
      return answered(await element.create("/v1/tokens", { card: data }), "token");
    }

    async createPaymentMethod(options) {
      demand("createPaymentMethod()", options, ["type", "card", "billing_details", "metadata"]);
      const { type, card, ...rest } = options;
      if (type !== "card") throw new IntegrationError(`Invalid value for createPaymentMethod: type was ${type}; the sandbox plays card.`);
      this.#own("createPaymentMethod", card);
      const body = await card.create("/v1/payment_methods", { type, card: {}, ...rest });
      return answered(body, "paymentMethod");
    }

    async retrievePaymentIntent(clientSecret) {
      return answered(await this.#read("retrievePaymentIntent", clientSecret), "paymentIntent");
    }

    async handleNextAction(options) {
      demand("handleNextAction()", options, ["clientSecret"]);
      const { clientSecret } = options;
      const intent = await this.#read("handleNextAction", clientSecret);
      if (intent.error) return { error: intent.error };
      if (intent.status !== "requires_action") return { error: unexpected(intent) };
      await challenge(intent);
      const after = await this.#read("handleNextAction", clientSecret);
      if (after.error) return { error: after.error };
      const failed = after.status === "requires_payment_method" && after.last_payment_error;
      return failed ? { error: { ...failed, payment_intent: after } } : { paymentIntent: after };
    }

    #element(kind, wishes) {
      if (kind !== "card") throw new IntegrationError(`The sandbox plays the card element only, not ${kind}.`);
      demand("elements.create()", wishes, ["style", "hidePostalCode", "classes", "disableLink"]);
      return new CardElement(this.#key, this.#account);
    }

    #own(method, element) {
      if (!(element instanceof CardElement)) throw new IntegrationError(`Invalid value for ${method}: pass a card element.`);
    }

    async #read(method, clientSecret) {
      const [, id] = SECRET.exec(clientSecret) ?? [];
      if (!id) throw new IntegrationError(`Invalid value for stripe.${method} intent secret: value should be a client secret of the form \${id}_secret_\${secret}. You specified: ${clientSecret}.`);
      const headers = { Authorization: `Bearer ${this.#key}` };
      if (this.#account) headers["Stripe-Account"] = this.#account;
      const url = `${BASE}/v1/payment_intents/${id}?client_secret=${clientSecret}`;
      try {
        return await (await fetch(url, { headers })).json();
      } catch {
        return { error: { type: "api_connection_error", message: "We are experiencing issues connecting to our payments provider. You have not been charged. Please check your internet connection and try again." } };
      }
    }
  }

  const unexpected = (intent) => ({
    type: "invalid_request_error",
    code: "payment_intent_unexpected_state",
    message: "handleNextAction: The PaymentIntent supplied is not in the requires_action state.",
    payment_intent: intent,
  });

  // The issuer's page, in a frame above everything; resolves once the buyer has chosen.
  const challenge = (intent) => new Promise((resolve) => {
    const frame = framed(`/stripe-js/challenge#${intent.client_secret}`, "3D Secure challenge");
    frame.style.cssText = "border:0; width:min(25rem, 100vw); height:min(22rem, 100vh); background:#fff; border-radius:8px";
    const layer = document.createElement("div");
    layer.style.cssText = "position:fixed; inset:0; z-index:2147483647; display:grid; place-items:center; background:#000a";
    layer.setAttribute("role", "dialog");
    layer.setAttribute("aria-modal", "true");
    layer.setAttribute("aria-label", "3D Secure");
    layer.append(frame);
    const focused = document.activeElement;
    const hear = ({ origin, source, data }) => {
      if (origin !== BASE || source !== frame.contentWindow || data !== "3ds2-complete") return;
      removeEventListener("message", hear);
      layer.remove();
      focused?.focus();
      resolve();
    };
    addEventListener("message", hear);
    document.body.append(layer);
    frame.addEventListener("load", () => frame.focus());
  });

  window.Stripe = (key, options) => {
    if (typeof key !== "string" || !key) throw new IntegrationError("Please call Stripe() with your publishable key. You used an empty string.");
    if (/^(sk|rk)_/.test(key)) throw new IntegrationError("You should not use your secret key with Stripe.js. Please pass a publishable key instead.");
    if (!key.startsWith("pk_test_")) throw new IntegrationError("The sandbox takes publishable test keys: pk_test_…");
    demand("Stripe()", options, ["stripeAccount", "locale", "apiVersion", "betas"]);
    return new StripeObject(key, options?.stripeAccount);
  };
  window.Stripe.version = "sandbox";
})();

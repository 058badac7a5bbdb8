// The sandbox's stand-in for PayPal's JavaScript SDK: one button, one window in which to approve.
(() => {
  "use strict";

  const source = new URL(document.currentScript.src);
  const BASE = source.origin;
  const CLIENT = source.searchParams.get("client-id");
  const CURRENCY = source.searchParams.get("currency") ?? "USD";
  const OPTIONS = ["createOrder", "onApprove", "onCancel", "onError", "onClick", "style"];
  const WINDOW = "popup, width=500, height=700";
  const LOOK = "display:block; width:100%; min-height:3rem; border:0; border-radius:6px; background:#ffc439; color:#111; font:bold 1rem/1 system-ui, sans-serif; cursor:pointer";

  // What PayPal itself would refuse at the sight of the order: it is not there, or another's.
  const check = async (orderID) => {
    const answer = await fetch(`${BASE}/sdk/order?${new URLSearchParams({ token: orderID, "client-id": CLIENT })}`);
    if (!answer.ok) throw new Error(`Order ${orderID} cannot be approved: ${await answer.text()}`);
    const { currency } = await answer.json();
    if (currency !== CURRENCY) {
      throw new Error(`Expected currency from order api call to be ${CURRENCY}, got ${currency}. Please ensure you are passing currency=${currency} to the sdk url.`);
    }
  };

  // Resolves with what the payer chose; a window that is merely closed was a cancelling.
  const chosen = (popup) => new Promise((resolve) => {
    const end = (choice) => {
      removeEventListener("message", hear);
      clearInterval(watch);
      resolve(choice);
    };
    const hear = (message) => {
      if (message.origin === BASE && message.source === popup) end(message.data);
    };
    const watch = setInterval(() => popup.closed && end({ choice: "cancel" }), 200);
    addEventListener("message", hear);
  });

  const approve = async (options, popup) => {
    const orderID = await options.createOrder({ paymentSource: "paypal" }, {});
    if (typeof orderID !== "string") throw new Error("Expected an order id to be passed");
    await check(orderID);
    popup.location = `${BASE}/checkoutnow?token=${orderID}&sdk=1`;
    const { choice, payerID } = await chosen(popup);
    popup.close();
    if (choice === "cancel") {
      await options.onCancel?.({ orderID });
      return;
    }
    const data = { orderID, payerID, paymentSource: "paypal" };
    await options.onApprove(data, { restart: () => checkout(options) });
  };

  const checkout = async (options) => {
    // At once, while the click still permits it: the order's number comes too late for that.
    const popup = open("about:blank", "", WINDOW);
    try {
      if (!popup) throw new Error("Can not open popup window - blocked");
      await approve(options, popup);
    } catch (error) {
      popup?.close();
      if (!options.onError) throw error;
      options.onError(error);
    }
  };

  const Buttons = (options = {}) => {
    const strange = Object.keys(options).filter((name) => !OPTIONS.includes(name));
    if (strange.length) throw new Error(`paypal.Buttons(): the sandbox does not play ${strange.join(", ")}.`);
    for (const name of ["createOrder", "onApprove"]) {
      if (typeof options[name] !== "function") throw new Error(`paypal.Buttons() needs ${name}.`);
    }
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "PayPal" });
    button.style.cssText = LOOK;
    let running = null;
    button.addEventListener("click", () => {
      if (running) return;
      options.onClick?.({ fundingSource: "paypal" }, {});
      running = checkout(options).finally(() => { running = null; });
    });
    return {
      isEligible: () => true,
      close: async () => button.remove(),
      render: async (place) => {
        const parent = typeof place === "string" ? document.querySelector(place) : place;
        if (!parent) throw new Error(`Document is ready and element ${place} does not exist`);
        parent.replaceChildren(button);
      },
    };
  };

  window.paypal = { Buttons, FUNDING: { PAYPAL: "paypal" }, version: "sandbox" };
})();

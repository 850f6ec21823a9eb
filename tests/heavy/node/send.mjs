// node send.mjs URL WRITE_KEY PEOPLE: each of them makes one call of each kind.
// Prints {"sent": [ids], "failed": [reasons]} when all of them were delivered, or given up.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey, people] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 20, flushInterval: 50, maxRetries: 20 });
const sent = [];
const failed = [];
const noted = (error, context) => {
  sent.push(context.event.messageId);
  if (error) failed.push(String(error.reason ?? error));
};

for (let number = 0; number < Number(people); number += 1) {
  const userId = `u${number}`;
  analytics.identify({ userId, anonymousId: `d${number}`, traits: { email: `${userId}@example.com` } }, noted);
  analytics.track({ userId, event: "Product Viewed", properties: { product_id: "7", price: 12.75 } }, noted);
  analytics.page({ userId, name: "Product", properties: { url: "https://shop.example/7" } }, noted);
  analytics.screen({ userId, name: "Basket" }, noted);
  analytics.group({ userId, groupId: "club", traits: { plan: "gold" } }, noted);
  analytics.alias({ userId, previousId: `old-${userId}` }, noted);
  await new Promise((soon) => setTimeout(soon, 10));
}
// Without a time-out of its own, closing gives up what has not been answered after a moment.
await analytics.closeAndFlush({ timeout: 300_000 });
console.log(JSON.stringify({ sent, failed }));

// What a page that speaks to Veza without a library does: FileReader gives base64, JSON.stringify puts fields around it.
// The same parts as upslice's, as many at once, and nothing else.

const url = "/veza/api/v1/providers/custom/bench/datasources/bench:parts";
const headers = { authorization: "Bearer demo-key", "content-type": "application/json" };

async function ask(fields) {
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(fields) });
  if (!answer.ok) throw new Error(`${fields.operation}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const base64 = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

export async function send(file, { partSize, slots = 6 }) {
  const { upload_id } = await ask({ operation: "start" });
  const count = Math.ceil(file.size / partSize);
  let next = 1;
  const work = async () => {
    while (next <= count) {
      const number = next++;
      const data = await base64(file.slice((number - 1) * partSize, Math.min(number * partSize, file.size)));
      await ask({ operation: "upload", upload_id, sequence_number: number, data });
    }
  };
  await Promise.all(Array.from({ length: slots }, work));
  await ask({ operation: "complete", upload_id, sequence_count: count });
  return { partSize, parts: count };
}

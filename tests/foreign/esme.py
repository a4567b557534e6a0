"""An ESME made of aiosmpplib.

    python3 esme.py PORT

binds as a transceiver, submits what each line on stdin says ({"name":…,"from":…,"to":…,"text":…}), and tells one JSON a
line of what it has read: {"event":"answer","name":…,"id":…}, {"event":"receipt","name":…,"state":…} (`name` is there if
aiosmpplib has found the message that the receipt belongs to), {"event":"mo","from":…,"to":…,"text":…}.
At the end of stdin it unbinds.
"""

import asyncio
import json
import sys

from aiosmpplib import ESME, PhoneNumber, SubmitSm
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import DeliverSm, SubmitSmResp


def tell(**event: object) -> None:
    print(json.dumps(event, default=str), flush=True)


class Teller(AbstractHook):
    async def sending(self, smpp_message, pdu, client_id) -> None:
        pass

    async def send_error(self, smpp_message, error, client_id) -> None:
        tell(event="error", error=repr(error))

    async def received(self, smpp_message, pdu, client_id) -> None:
        if isinstance(smpp_message, SubmitSmResp):
            tell(event="answer", name=smpp_message.log_id, id=smpp_message.message_id)
        elif isinstance(smpp_message, DeliverSm) and smpp_message.is_receipt():
            receipt = smpp_message.parse_receipt()
            tell(event="receipt", name=smpp_message.log_id, state=receipt.get("stat"))
        elif isinstance(smpp_message, DeliverSm):
            tell(
                event="mo",
                text=smpp_message.short_message or smpp_message.message_payload,
                **{"from": smpp_message.source.number, "to": smpp_message.destination.number},
            )


async def main(port: int) -> None:
    esme = ESME(
        smsc_host="127.0.0.1", smsc_port=port, system_id="aio", password="secret", hook=Teller(), log_level="ERROR"
    )
    running = asyncio.create_task(esme.start())
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        await esme.broker.enqueue(
            SubmitSm(
                log_id=order["name"],
                short_message=order["text"],
                source=PhoneNumber(order["from"]),
                destination=PhoneNumber(order["to"]),
            )
        )
    await esme.stop()
    await running


asyncio.run(main(int(sys.argv[1])))

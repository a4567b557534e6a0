"""What is odd about this operator, and nothing else: for the rest the gateway does what it always does."""

from dataclasses import replace
from typing import Optional

import smpp
from wit_world import exports
from wit_world.exports import inbound
from wit_world.exports.inbound import DlrState
from wit_world.exports.message_ids import Origin
from wit_world.imports.smpp_pdu_types import DeliverSm


class Settings(exports.Settings):
    """The operator's file says, under [policy.settings]:

    receipt_ids = "decimal"            how ids stand in the text of receipts: "decimal" (the default) or "hex"
    states = { NOCRED = "rejected" }   words of its own for states; all of them are final
    """

    def validate(self, document: str) -> list:
        given = smpp.Document(document)
        given.word("receipt_ids", ["decimal", "hex"])
        given.table("states", [state.name.lower() for state in DlrState])
        return given.problems()


class MessageIds(exports.MessageIds):
    """submit_sm_resp and receipted_message_id have the id in hexadecimal. The key is its decimal form."""

    def normalise(self, raw: str, origin: Origin) -> Optional[str]:
        in_hex = origin != Origin.RECEIPT_TEXT or smpp.settings().get("receipt_ids") == "hex"
        return smpp.decimal_id(raw, 16 if in_hex else 10)


class Inbound(exports.Inbound):
    """Corrects states that the gateway cannot know."""

    def interpret(self, pdu: DeliverSm, reading: Optional[inbound.Receipt]) -> Optional[inbound.Answer]:
        # None is: no opinion.
        if reading is None:
            return None
        state = smpp.settings().get("states", {}).get(reading.raw_state)
        if state is None:
            return None
        return inbound.Answer_Receipt(replace(reading, state=DlrState[state.upper()], is_final=True))

"""Reads submit_sm with aiosmpplib.

    python3 reader.py < FILE        one PDU a line, in hexadecimal digits

tells of each, one JSON a line, what aiosmpplib makes of it: addresses, fields, text, place in a concatenated message.
"""

import json
import sys

from aiosmpplib.protocol import SmppMessage, SubmitSm
from aiosmpplib.state import SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS


def read(pdu: bytes) -> dict:
    message = SubmitSm.from_pdu(pdu, SmppMessage.parse_header(pdu), default_encoding="gsm0338")
    # Of concatenation headers as of sar_* parameters.
    parameters = {parameter.tag: parameter.value for parameter in message.optional_params}
    validity = message.validity_period
    return {
        "sequence": message.sequence_num,
        "from": message.source.number,
        "to": message.destination.number,
        "text": message.short_message or message.message_payload,
        "total": parameters.get(SAR_TOTAL_SEGMENTS),
        "number": parameters.get(SAR_SEGMENT_SEQNUM),
        "priority": message.priority_flag,
        "validity": validity.total_seconds() if validity else None,
        "receipt": message.registered_delivery,
    }


for line in sys.stdin:
    print(json.dumps(read(bytes.fromhex(line))))

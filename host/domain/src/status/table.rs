//! SMPP 3.4 section 5.1.3, with the default classes and words for people.

use super::StatusClass::{self, *};

pub(super) struct Row {
    pub(super) code: u32,
    pub(super) name: &'static str,
    pub(super) class: StatusClass,
    pub(super) words: &'static str,
}

const fn row(code: u32, name: &'static str, class: StatusClass, words: &'static str) -> Row {
    Row {
        code,
        name,
        class,
        words,
    }
}

// One row a line: it is read as the standard's own table.
#[rustfmt::skip]
pub(super) const TABLE: [Row; 49] = [
    row(0x00, "ESME_ROK", Ok, "no error"),
    row(0x01, "ESME_RINVMSGLEN", Reject, "invalid message length; the operator may allow fewer octets than SMPP does"),
    row(0x02, "ESME_RINVCMDLEN", RejectAlert, "invalid command length; the operator could not read our PDU"),
    row(0x03, "ESME_RINVCMDID", RejectAlert, "invalid command id; the operator does not know the command or no longer allows it"),
    row(0x04, "ESME_RINVBNDSTS", Rebind, "incorrect bind status for the command; the session binds again"),
    row(0x05, "ESME_RALYBND", BindBackoff, "already bound; an earlier session still lives, or there are more sessions than agreed"),
    row(0x06, "ESME_RINVPRTFLG", RejectAlert, "invalid priority flag; check the operator's configuration"),
    row(0x07, "ESME_RINVREGDLVFLG", RejectAlert, "invalid registered delivery flag; check the operator's configuration"),
    row(0x08, "ESME_RSYSERR", Retry, "system error at the operator; tried again"),
    row(0x0A, "ESME_RINVSRCADR", Reject, "invalid source address; the sender may have to be registered"),
    row(0x0B, "ESME_RINVDSTADR", Reject, "invalid destination address"),
    row(0x0C, "ESME_RINVMSGID", Retry, "invalid message id"),
    row(0x0D, "ESME_RBINDFAIL", BindRefused, "bind failed; ask the operator whether the account may bind from here"),
    row(0x0E, "ESME_RINVPASWD", BindRefused, "invalid password; check the operator's password"),
    row(0x0F, "ESME_RINVSYSID", BindRefused, "invalid system id; check the operator's system_id"),
    row(0x11, "ESME_RCANCELFAIL", Reject, "cancel failed"),
    row(0x13, "ESME_RREPLACEFAIL", Reject, "replace failed"),
    row(0x14, "ESME_RMSGQFUL", Throttle, "message queue full at the operator; sending pauses"),
    row(0x15, "ESME_RINVSERTYP", RejectAlert, "invalid service type; check the operator's configuration"),
    row(0x33, "ESME_RINVNUMDESTS", Reject, "invalid number of destinations"),
    row(0x34, "ESME_RINVDLNAME", Reject, "invalid distribution list name"),
    row(0x40, "ESME_RINVDESTFLAG", Reject, "invalid destination flag"),
    row(0x42, "ESME_RINVSUBREP", Reject, "invalid request to replace on submit"),
    row(0x43, "ESME_RINVESMCLASS", Reject, "invalid esm_class; the operator may not take concatenation headers"),
    row(0x44, "ESME_RCNTSUBDL", Reject, "cannot submit to a distribution list"),
    row(0x45, "ESME_RSUBMITFAIL", Reject, "submit failed"),
    row(0x48, "ESME_RINVSRCTON", RejectAlert, "invalid source TON; check the operator's source_address"),
    row(0x49, "ESME_RINVSRCNPI", RejectAlert, "invalid source NPI; check the operator's source_address"),
    row(0x50, "ESME_RINVDSTTON", RejectAlert, "invalid destination TON; check the operator's configuration"),
    row(0x51, "ESME_RINVDSTNPI", RejectAlert, "invalid destination NPI; check the operator's configuration"),
    row(0x53, "ESME_RINVSYSTYP", BindRefused, "invalid system type; check the operator's system_type"),
    row(0x54, "ESME_RINVREPFLAG", Reject, "invalid replace_if_present flag"),
    row(0x55, "ESME_RINVNUMMSGS", Reject, "invalid number of messages"),
    row(0x58, "ESME_RTHROTTLED", Throttle, "more than the operator allows; sending pauses and slows down"),
    // Reserved in 3.4; seen for an expired account, which refuses every message.
    row(0x5A, "reserved", RejectAlert, "not in SMPP 3.4; some operators say by it that the account has expired: ask the operator"),
    row(0x61, "ESME_RINVSCHED", Reject, "invalid scheduled delivery time"),
    row(0x62, "ESME_RINVEXPIRY", Reject, "invalid validity period; the operator may allow a shorter one only"),
    row(0x63, "ESME_RINVDFTMSGID", Reject, "predefined message invalid or not found"),
    row(0x64, "ESME_RX_T_APPN", Retry, "temporary error at the receiver; tried again"),
    row(0x65, "ESME_RX_P_APPN", Reject, "permanent error at the receiver"),
    row(0x66, "ESME_RX_R_APPN", Reject, "refused by the receiver"),
    row(0x67, "ESME_RQUERYFAIL", Reject, "query failed"),
    row(0xC0, "ESME_RINVOPTPARSTREAM", RejectAlert, "error in the optional parameters; check those that the policy sets"),
    row(0xC1, "ESME_ROPTPARNOTALLWD", RejectAlert, "an optional parameter is not allowed; check those that the policy sets"),
    row(0xC2, "ESME_RINVPARLEN", RejectAlert, "invalid parameter length; check those that the policy sets"),
    row(0xC3, "ESME_RMISSINGOPTPARAM", RejectAlert, "an optional parameter is missing; the operator demands one of its own"),
    row(0xC4, "ESME_RINVOPTPARAMVAL", RejectAlert, "invalid value of an optional parameter; check those that the policy sets"),
    row(0xFE, "ESME_RDELIVERYFAILURE", Retry, "delivery failed; tried again"),
    row(0xFF, "ESME_RUNKNOWNERR", RetryOnce, "unknown error at the operator; some operators say by it that the credit is used up"),
];

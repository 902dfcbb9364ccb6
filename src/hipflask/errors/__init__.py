"""The one error tree of Hipflask. Every room may raise these; no room invents its own root.

HipFlaskError
    ConfigError             a setting is missing, weak or malformed
    AuthError               Supabase Auth or a session says no (code, status)
        InvalidCredentials
        EmailNotConfirmed   (email)
        EmailRefused        the address is malformed, or mail to it is not allowed
        EmailTaken
        WeakPassword        (reasons)
        SamePassword
        SignUpClosed
        UserBanned
        TooManyAttempts     (retry_after)
        ReauthenticationNeeded
        SecondFactorNeeded
        WrongCode           of a second factor, or a recovery code
        PasskeyRefused
        LinkExpired         the link or code is unknown, used or too old
        LinkUnusable        (reason)
        OAuthRefused        (reason)
        NotSignedIn
        SessionExpired
        TokenRejected       (reason)
        AuthRejected        any other refusal
        AuthUnavailable     (reason)
    DataError               the database says no (sqlstate)
        RowHidden           (table)  row-level security or a missing grant
        ConstraintBroken    (constraint, table, column, detail)
            Conflict        unique or exclusion constraint
            ReferenceBroken foreign key
            ValueMissing    not null
            CheckBroken     check constraint
        ValueRefused        a value does not fit its type or domain
        QueryRefused        the statement itself is wrong
        TransactionLost     serialization failure or deadlock: the same again may succeed
        StatementTimeout
        DatabaseReadOnly
        DatabaseUnavailable (reason)
    StorageError            Supabase Storage, or the kit before it, says no (code, status)
        ObjectNotFound      (bucket, name)  or a policy hides it
        BucketNotFound      (bucket)
        ObjectExists        (bucket, name)
        NameRefused         (name)
        TooLarge            (limit)
        TypeRefused         (declared, found)  the bytes are something else, or the bucket minds
        NotAllowed          row-level security
        RangeRefused        that part of the object does not exist
        StorageRefused      any other refusal
        StorageUnavailable  (reason, retry_after)
    WebError                a request is refused before or by a view
        SealBroken          (reason, expired)
        CsrfFailed          (reason, vouched)
        HostRefused         (host)
        OneTimeTokenRefused a bearer token that may be a recovery token
        FormBroken          the body is no form, or was cut off
            FieldTooLong
        InputRefused        (fields)
        ScopeMissing        (scope)
        ChangedMeanwhile
        KeyReused
        RequestUnderWay
    StackError              the embedded stack cannot do what was asked
        PortInUse           (port, needed_for, held_by)
        AlreadyRunning      (pid, root)
        MigrationFailed     (file, line, sqlstate, statement, reason, detail, advice)
        PublicTableWithoutRLS (tables, file)
    DeployError             something in the cloud cannot be done
        ToolMissing         (program)
        CommandFailed       (command, exit_code, output)
        SpecRefused         (codes)  hipflask.toml asks for what cannot be
        NameTaken           (name)  something of that name is there and is not ours
        SmokeTestFailed     (url)  a new revision does not answer as it should
        StepFailed          (step, done, remaining)  a deploy stopped; it can go on
            DeployInterrupted   because somebody asked for it
"""

from __future__ import annotations

from hipflask.errors.auth import (
    AuthError,
    AuthRejected,
    AuthUnavailable,
    EmailNotConfirmed,
    EmailRefused,
    EmailTaken,
    InvalidCredentials,
    LinkExpired,
    LinkUnusable,
    NotSignedIn,
    OAuthRefused,
    PasskeyRefused,
    ReauthenticationNeeded,
    SamePassword,
    SecondFactorNeeded,
    SessionExpired,
    SignUpClosed,
    TokenRejected,
    TooManyAttempts,
    UserBanned,
    WeakPassword,
    WrongCode,
)
from hipflask.errors.base import (
    ConfigError,
    HipFlaskError,
)
from hipflask.errors.data import (
    CheckBroken,
    Conflict,
    ConstraintBroken,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DataError,
    QueryRefused,
    ReferenceBroken,
    RowHidden,
    StatementTimeout,
    TransactionLost,
    ValueMissing,
    ValueRefused,
)
from hipflask.errors.deploy import (
    CommandFailed,
    DeployError,
    DeployInterrupted,
    NameTaken,
    SmokeTestFailed,
    SpecRefused,
    StepFailed,
    ToolMissing,
)
from hipflask.errors.stack import (
    AlreadyRunning,
    MigrationFailed,
    PortInUse,
    PublicTableWithoutRLS,
    StackError,
)
from hipflask.errors.storage import (
    BucketNotFound,
    NameRefused,
    NotAllowed,
    ObjectExists,
    ObjectNotFound,
    RangeRefused,
    StorageError,
    StorageRefused,
    StorageUnavailable,
    TooLarge,
    TypeRefused,
)
from hipflask.errors.web import (
    ChangedMeanwhile,
    CsrfFailed,
    FieldTooLong,
    FormBroken,
    HostRefused,
    InputRefused,
    KeyReused,
    OneTimeTokenRefused,
    RequestUnderWay,
    ScopeMissing,
    SealBroken,
    WebError,
)

__all__ = [
    "AlreadyRunning",
    "AuthError",
    "AuthRejected",
    "AuthUnavailable",
    "BucketNotFound",
    "ChangedMeanwhile",
    "CheckBroken",
    "CommandFailed",
    "ConfigError",
    "Conflict",
    "ConstraintBroken",
    "CsrfFailed",
    "DataError",
    "DatabaseReadOnly",
    "DatabaseUnavailable",
    "DeployError",
    "DeployInterrupted",
    "EmailNotConfirmed",
    "EmailRefused",
    "EmailTaken",
    "FieldTooLong",
    "FormBroken",
    "HipFlaskError",
    "HostRefused",
    "InputRefused",
    "InvalidCredentials",
    "KeyReused",
    "LinkExpired",
    "LinkUnusable",
    "MigrationFailed",
    "NameRefused",
    "NameTaken",
    "NotAllowed",
    "NotSignedIn",
    "OAuthRefused",
    "ObjectExists",
    "ObjectNotFound",
    "OneTimeTokenRefused",
    "PasskeyRefused",
    "PortInUse",
    "PublicTableWithoutRLS",
    "QueryRefused",
    "RangeRefused",
    "ReauthenticationNeeded",
    "ReferenceBroken",
    "RequestUnderWay",
    "RowHidden",
    "SamePassword",
    "ScopeMissing",
    "SealBroken",
    "SecondFactorNeeded",
    "SessionExpired",
    "SignUpClosed",
    "SmokeTestFailed",
    "SpecRefused",
    "StackError",
    "StatementTimeout",
    "StepFailed",
    "StorageError",
    "StorageRefused",
    "StorageUnavailable",
    "TokenRejected",
    "TooLarge",
    "TooManyAttempts",
    "ToolMissing",
    "TransactionLost",
    "TypeRefused",
    "UserBanned",
    "ValueMissing",
    "ValueRefused",
    "WeakPassword",
    "WebError",
    "WrongCode",
]

//! The table of secrets: every pattern stands beside texts that it must match and near misses that
//! it must leave. In examples `{20}` stands for twenty random characters (see the test beside
//! `redact`), so that no scanner of secrets takes this file for a leak.

use super::plausible::{Check, is_secret};

/// One kind of secret in one of its shapes.
pub(super) struct Rule {
    /// What stands in `[redacted: …]`.
    pub(super) kind: &'static str,
    /// The group `secret`, else all of it, is redacted; the group `key` is the name before it.
    pub(super) pattern: &'static str,
    check: Check,
    /// Must be found.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the table's test"))]
    pub(super) finds: &'static [&'static str],
    /// Must stay.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the table's test"))]
    pub(super) leaves: &'static [&'static str],
}

impl Rule {
    pub(super) fn is_plausible(&self, key: &str, value: &str, after: &str) -> bool {
        is_secret(self.check, key, value, after)
    }
}

const fn known(
    kind: &'static str,
    pattern: &'static str,
    finds: &'static [&'static str],
    leaves: &'static [&'static str],
) -> Rule {
    Rule { kind, pattern, check: Check::Known, finds, leaves }
}

const fn checked(
    check: Check,
    kind: &'static str,
    pattern: &'static str,
    finds: &'static [&'static str],
    leaves: &'static [&'static str],
) -> Rule {
    Rule { kind, pattern, check, finds, leaves }
}

/// What is specific comes first: of two finds in one place the first names the kind.
#[rustfmt::skip]
pub(super) static RULES: [Rule; 45] = [
    // Keys in armour
    checked(Check::Armoured, "private key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-{1,4}[^-])*-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
        &["-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{64}\n{40}==\n-----END RSA PRIVATE KEY-----",
          "key = \"-----BEGIN PRIVATE KEY-----\\n{64}\\n-----END PRIVATE KEY-----\\n\"",
          "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{64}\n-----END PGP PRIVATE KEY BLOCK-----"],
        &["a line `-----BEGIN PRIVATE KEY-----`, then the key, then `-----END PRIVATE KEY-----`",
          "-----BEGIN PUBLIC KEY-----\n{64}\n-----END PUBLIC KEY-----",
          "-----BEGIN CERTIFICATE-----\n{64}\n-----END CERTIFICATE-----"]),
    checked(Check::Armoured, "private key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])+(?:[A-Za-z0-9+/=]{16,}(?:\s|\\[nr])*)+",
        &["-----BEGIN OPENSSH PRIVATE KEY-----\n{70}\n{70}\n... cut off"],
        &["-----BEGIN OPENSSH PRIVATE KEY-----\nas its first line"]),
    known("age key", r"(?-u)\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b", &["AGE-SECRET-KEY-1{58U}"], &["AGE-SECRET-KEY-1...", "age1{58x}"]),
    // Tokens of any issuer
    known("jwt", r"(?-u)\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        &["eyJ{20}.eyJ{40}.{43}"], &["eyJ{20}", "eyJ{20}.{40}.", "the three parts of eyJ... are"]),
    // Clouds
    known("aws access key", r"(?-u)\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        &["AKIA{16U}", "id=ASIA{16U}."], &["AKIAIOSFODNN7EXAMPLE", "AKIA{12U}", "XAKIA{16U}", "arn:aws:iam::123456789012:role/x"]),
    known("aws secret key",
        r#"(?i-u)aws[ -~]{0,20}?(?:secret|private)[ -~]{0,20}?[=:][ \t"']*(?P<secret>[A-Za-z0-9/+]{40})(?:$|(?u:[^A-Za-z0-9/+=]))"#,
        &["aws_secret_access_key = {40}\n", "\"awsSecretKey\": \"{20}/{19}\""],
        &["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws commit: {40x}"]),
    known("google api key", r"(?-u)\bAIza[A-Za-z0-9_-]{35}", &["AIza{35}", "?key=AIza{35}&x=1"], &["AIza{20}", "AIzaSy..."]),
    known("google oauth secret", r"(?-u)\b(?:GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{30,})",
        &["GOCSPX-{28}", "ya29.{60}"], &["GOCSPX-{8}", "ya29.a0"]),
    known("azure key", r"(?i-u)(?:AccountKey|SharedAccessKey|SharedSecretValue)=(?P<secret>[A-Za-z0-9+/]{43,86}={1,2})",
        &["AccountName=x;AccountKey={86}==;EndpointSuffix=y", "SharedAccessKey={43}="], &["AccountKey=<key>==", "AccountKey=abc="]),
    known("azure secret", r"(?-u)\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}", &["Ab18Q~{34}"], &["Ab18Q~{8}", "Q~{34}"]),
    known("azure signature", r"(?-u)[?&]sig=(?P<secret>[A-Za-z0-9%+/]{40,}=?=?)", &["?sv=2024&sig={43}%3D"], &["?sig=abc", "?sigma={43}"]),
    // Forges
    known("github token", r"(?-u)\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{36,}",
        &["ghp_{36}", "git+https://ghs_{36}@github.com", "github_pat_{22}_{59}"], &["ghp_{12}", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xghp_{36}"]),
    known("gitlab token", r"(?-u)\bgl(?:pat|oas|dt|rt|cbt|ptt|ft|soat|imt|agent|ffct)-[A-Za-z0-9_.-]{20,}",
        &["glpat-{20}", "glrt-{20}", "glpat-{27}.01.{9}"], &["glpat-{8}", "glpat-<your token here>"]),
    known("bitbucket token", r"(?-u)\bATBB[A-Za-z0-9]{32}|\bATATT3[A-Za-z0-9_=-]{60,}", &["ATBB{32}", "ATATT3{180}"], &["ATBB{8}"]),
    // Models
    known("anthropic key", r"(?-u)\bsk-ant-[A-Za-z0-9]+-[A-Za-z0-9_-]{20,}", &["sk-ant-api03-{93}AA", "sk-ant-oat01-{30}"], &["sk-ant-api03-...", "sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]),
    known("openai key", r"(?-u)\bsk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|\bsk-(?:or-v1-)?[A-Za-z0-9]{32,}",
        &["sk-proj-{80}", "sk-{20}T3BlbkFJ{20}", "sk-or-v1-{64x}"], &["sk-learn-compatible-estimators-and-transformers", "sk-YOUR_OPENAI_KEY", "task-{40}", "disk-{40}"]),
    known("hugging face token", r"(?-u)\bhf_[A-Za-z0-9]{30,}", &["hf_{34}"], &["hf_hub_download_with_retries_and_more", "hf_{10}"]),
    known("model key", r"(?-u)\b(?:gsk_[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{37}|pplx-[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,})",
        &["gsk_{52}", "r8_{37}", "pplx-{48}", "xai-{80}"], &["gsk_{10}", "r8_{8}", "xai-sdk-python"]),
    // Payment
    known("stripe key", r"(?-u)\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/=]{24,}",
        &["sk_live_{24}", "rk_test_{24}", "whsec_{32}"], &["pk_live_{24}", "sk_test_...", "risk_test_{24}"]),
    known("payment key", r"(?-u)\bsq0(?:csp|atp)-[A-Za-z0-9_-]{22,}|\bEAAA[A-Za-z0-9_-]{60}\b|\baccess_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}",
        &["sq0atp-{22}", "access_token$production$q7rf2mkx9tbw4cls${32x}"], &["sq0atp-{4}", "EAAA{10}"]),
    // Chat
    known("slack token", r"(?-u)\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bxapp-[0-9]-[A-Za-z0-9-]{20,}",
        &["xoxb-{12n}-{12n}-{24}", "xapp-1-A{10U}-{13n}-{64x}"], &["xoxb-...", "xoxb-your-token-here", "xoxo-hugs-and-kisses"]),
    known("slack webhook", r"(?-u)hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]{20,})",
        &["https://hooks.slack.com/services/T{8U}/B{8U}/{24}"], &["https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX", "https://hooks.slack.com/services/"]),
    known("discord token", r"(?-u)\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
        &["M{25}.{6}.{38}"], &["M{25}.{6}", "Module.method.call"]),
    known("discord webhook", r"(?-u)discord(?:app)?\.com/api/webhooks/[0-9]+/(?P<secret>[A-Za-z0-9_-]{40,})",
        &["https://discord.com/api/webhooks/{18n}/{68}"], &["https://discord.com/api/webhooks/{18n}/token"]),
    known("telegram token", r"(?-u)[0-9]{8,10}:AA[A-Za-z0-9_-]{32,35}\b", &["{10n}:AA{33}", "/bot{10n}:AA{33}/getMe", "bot{9n}:AA{33}"], &["{10n}:AA{10}", "12:30:AA"]),
    known("telegram token", r"(?-u)/bot(?P<secret>[0-9]{8,10}:[A-Za-z0-9_-]{35})\b", &["https://api.telegram.org/bot{10n}:{35}/x"], &["/bot{10n}", "/bottom"]),
    // Registries
    known("npm token", r"(?-u)\bnpm_[A-Za-z0-9]{36}\b", &["//registry.npmjs.org/:_authToken=npm_{36}"], &["npm_config_registry_and_other_variables", "npm_{10}"]),
    known("pypi token", r"(?-u)\bpypi-[A-Za-z0-9_-]{50,}", &["pypi-AgEIcHlwaS5vcmc{90}"], &["pypi-publish", "pypi-AgEIcHlwaS5vcmc..."]),
    known("crates.io token", r"(?-u)\bcio[A-Za-z0-9]{32}\b", &["cio{32}"], &["cio{10}", "precio{32}"]),
    known("registry token", r"(?-u)\brubygems_[0-9a-f]{48}\b|\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}|\boy2[a-z0-9]{43}\b",
        &["rubygems_{48x}", "dckr_pat_{27}"], &["rubygems_mirror", "dckr_pat_short"]),
    // Services
    known("sendgrid key", r"(?-u)\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", &["SG.{22}.{43}"], &["SG.{10}", "MSG.{22}.{10}"]),
    known("twilio key", r"(?-u)\bSK[0-9a-f]{32}\b", &["SK{32x}"], &["SK{16x}", "AC{32x}"]),
    known("digitalocean token", r"(?-u)\bdo[opr]_v1_[0-9a-f]{64}\b", &["dop_v1_{64x}"], &["dop_v1_{10x}"]),
    known("shopify token", r"(?-u)\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", &["shpat_{32x}"], &["shpat_{10x}"]),
    known("vault token", r"(?-u)\bhv[sbr]\.[A-Za-z0-9_-]{24,}", &["hvs.{90}"], &["hvs.{8}"]),
    known("service token",
        r"(?-u)\b(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,}|dapi[0-9a-f]{32}|sbp_[0-9a-f]{40}|dp\.(?:pt|st)\.[A-Za-z0-9]{40,}|pscale_(?:tkn|pw)_[A-Za-z0-9_.-]{32,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|NRAK-[A-Z0-9]{27})\b",
        &["glsa_{32}_{8x}", "lin_api_{40}", "dapi{32x}", "sbp_{40x}"], &["lin_api_v2", "dapi{8x}", "cache-key-{32x}", "ntn_short"]),
    // Shapes
    checked(Check::NotAWord, "authorization",
        r#"(?i)authorization["']?\s*[:=,]\s*["']?(?:bearer|basic|token|apikey|digest|negotiate)\s+(?P<secret>[A-Za-z0-9._~+/=-]{8,})"#,
        &["Authorization: Bearer {32}", "authorization: Basic dXNlcjpwYXNz", "{\"Authorization\": \"token {40x}\"}", "'Authorization', 'Bearer {20}'"],
        &["Authorization: Bearer <token>", "Authorization: Bearer ${TOKEN}", "Authorization: Bearer YOUR_API_KEY", "authorization: token authentication", "Authorization: Bearer $TOKEN", "Authorization: Bearer token"]),
    checked(Check::Bare, "authorization", r#"(?i)(?P<key>authorization)["']?\s*:\s*["']?(?P<secret>[A-Za-z0-9._~+/=-]{16,})"#,
        &["Authorization: {40}"], &["Authorization: required.for.all.requests", "authorization: src/auth/session2.rs:12"]),
    checked(Check::Bare, "authorization", r"(?i-u)\b(?P<key>bearer)\s+(?P<secret>[A-Za-z0-9._~+/=-]{16,})",
        &["send `Bearer {24}`"], &["bearer authentication-middleware.rs", "the bearer of this"]),
    checked(Check::Password, "password", r"(?i-u)\b[a-z][a-z0-9+.-]*://(?u:[^\s/:@?#]*):(?P<secret>(?u:[^\s/@]+))@",
        &["postgres://app:{12}@db:5432/x", "https://me:hunter2@example.com/", "redis://:{10}@cache"],
        &["https://user:password@host/", "https://example.com:8080/a@b", "postgres://${USER}:${PASSWORD}@db", "http://localhost:3000/x:y@z", "scheme://user:<password>@host"]),
    checked(Check::Password, "password", r"(?i-u)\bmachine\s+(?u:\S+)\s+login[ \t]+(?u:\S+)\s+password[ \t]+(?P<secret>(?u:\S+))",
        &["machine api.host login me password {12}"], &["login form password field", "machine HOST login NAME password <secret>"]),
    checked(Check::Password, "password", r#"(?i)(?-u:\bcurl\b)[^\n]*?\s(?:-u|--user)[ =]["']?[^\s:"']+:(?P<secret>[^\s"']+)"#,
        &["curl -s -u admin:{8} https://x"], &["curl -u user:password https://x", "docker run -u 1000:1000 x"]),
    checked(Check::Quoted, "secret",
        r#"(?i-u)(?P<key>(?:passw(?:or)?d|passphrase|[_-]pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key|credential)[a-z0-9_-]{0,24})["'`\]]{0,2}[ \t]*(?:=>|:=|==?|:)[ \t]*(?:[bru]{1,2})?["'`](?P<secret>(?u:[^\s"'`]{7,}))["'`]"#,
        &["password = \"Tr0ub4dor&3\"", "api_key: '{32}'", "\"client_secret\": \"{24}\"", "SECRET_KEY = b'{20}'", "token := \"{40x}\"", "os.environ['DB_PASSWORD'] = 'hunter2'"],
        &["password = \"correct\"", "token_url = \"https://auth.host/oauth2/token1234\"", "password = \"YOUR_PASSWORD_1\"", "password_hash = \"{32x}\"", "secret_name = \"prod-db-password-2\"", "token: \"src/auth/token2.rs:12\"", "api_key = \"xxxxxxxxxxxxxxxx1234\"", "client_secret: \"550e8400-e29b-41d4-a716-446655440000\"", "password = \"{{ vault_password1 }}\"", "PWD: '/home/me2/src'"]),
    checked(Check::Bare, "secret",
        r#"(?i-u)(?P<key>(?:passw(?:or)?d|passphrase|[_-]pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key|credential)[a-z0-9_-]{0,24})(?:["']?[ \t]*(?:=>|:=|=|:)[ \t]*|>)(?P<secret>(?u:[^\s"'`,;<>(){}\[\]|\\]{7,}))"#,
        &["DB_PASSWORD=Tr0ub4dor&3", "api_key: {32}", "export SECRET={24}", "<password>{12}</password>", "?token={32}"],
        &["token = get_token_from_header_v2(request)", "secret_key=settings.SECRET_KEY_2", "password: str123", "token: src/auth/token2.rs:12-34", "password=$PASSWORD_1", "access_key_id: {20}", "tokens: in=41250,out=1312", "token=abc123", "public_key_token=b77a5c561934e089", "https://host/badge?token=P0YeuKXJyp&logo=some_logo&style=flat2"]),
    checked(Check::Bare, "secret",
        r#"(?i-u)--(?P<key>[a-z-]{0,20}(?:passw(?:or)?d|token|secret|api-?key|access-key))[ \t]+["']?(?P<secret>(?u:[^\s"'`,;<>(){}\[\]|\\]{7,}))"#,
        &["tool --password Tr0ub4dor --x", "tool --api-key '{32}'"],
        &["tool --token <TOKEN>", "tool --password-file /run/secret12", "tool --token $TOKEN123", "tool --secret name-of-it"]),
];

/// Stays, whatever stands around it.
#[cfg(test)]
pub(super) const HARMLESS: &[&str] = &[
    "commit 0f9c2a1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b",
    "sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "\"integrity\": \"sha512-{86}==\"",
    "id 550e8400-e29b-41d4-a716-446655440000",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{43} me@host",
    "![x](data:image/png;base64,iVBORw0KGgoAAAANSUhEUg{400}==)",
    "blob=9c1f0e77a1b2 text=5d41402abc4b2a76 code=b10a8db164e07541 in=SecureCookieSessionInterface.save_session",
    "`save_session` signs the session (`src/flask/sessions.py:334-379`) with `itsdangerous.URLSafeTimedSerializer`",
    "tokens: 1 + (n - 1) / 14 a run of letters",
    "the password is checked in `check_password_hash(user.password_hash, password)`",
    "def login(username: str, password: str) -> Token:",
    "SECRET_KEY = os.environ[\"SECRET_KEY\"]",
    "password = getpass.getpass(\"Password: \")",
    "secret = hmac.new(key, message, hashlib.sha256).hexdigest()",
    "checksum = \"{64x}\"",
    "Set-Cookie: session=<value>; Path=/",
    "token_type: bearer",
    "tokenizer = \"meta-llama/Llama-3.1-8B-Instruct\"",
    "secret: \"projects/123456/secrets/db/versions/3\"",
    "token_valid_until = \"2026-11-24T06:00:00Z\"",
    "max_tokens=4096, temperature=0.7",
    "the `token` cookie (`src/app.py:12`) and its `secret` (`src/secret_store2.py:120-134`)",
];

-- The access token of ada: ddpat_MsG60Mm1yV0UvtSOP7LyvlGV4hlW4uhn6iU8SUIzgzI
CREATE TABLE repository (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    created INTEGER NOT NULL
  , visibility TEXT);
CREATE INDEX repository_namespace ON repository (namespace);
CREATE TABLE blob (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL);
CREATE TABLE address (
    digest TEXT PRIMARY KEY,
    blob INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE
  ) WITHOUT ROWID;
CREATE INDEX address_blob ON address (blob);
CREATE TABLE link (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    blob INTEGER NOT NULL REFERENCES blob (id),
    used INTEGER NOT NULL, algorithms INTEGER NOT NULL DEFAULT 3,
    PRIMARY KEY (repository, blob)
  ) WITHOUT ROWID;
CREATE INDEX link_blob ON link (blob);
CREATE TABLE manifest (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    subject TEXT,
    artifact_type TEXT,
    pushed INTEGER NOT NULL,
    pushed_by TEXT,
    annotations TEXT,
    body BLOB NOT NULL,
    PRIMARY KEY (repository, digest)
  );
CREATE INDEX manifest_subject ON manifest (repository, subject, digest) WHERE subject IS NOT NULL;
CREATE TABLE need (
    repository INTEGER NOT NULL,
    digest TEXT NOT NULL,
    manifest TEXT NOT NULL,
    PRIMARY KEY (repository, digest, manifest),
    FOREIGN KEY (repository, manifest) REFERENCES manifest (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
CREATE INDEX need_manifest ON need (repository, manifest);
CREATE TABLE tag (
    repository INTEGER NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    moved INTEGER NOT NULL,
    moved_by TEXT,
    PRIMARY KEY (repository, name),
    FOREIGN KEY (repository, digest) REFERENCES manifest (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
CREATE INDEX tag_order ON tag (repository, name COLLATE NOCASE, name);
CREATE INDEX tag_digest ON tag (repository, digest);
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    used INTEGER NOT NULL
  ) WITHOUT ROWID;
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    who TEXT,
    repository TEXT NOT NULL,
    reference TEXT,
    digest TEXT,
    bytes INTEGER
  );
CREATE INDEX event_repository ON event (repository, id);
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    password TEXT,
    epoch INTEGER NOT NULL,
    created INTEGER NOT NULL
  , pulls TEXT);
CREATE TABLE access_token (
    id TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    used INTEGER
  ) WITHOUT ROWID;
CREATE INDEX access_token_account ON access_token (account);
CREATE TABLE namespace (
    name TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES account (id),
    visibility TEXT NOT NULL,
    created INTEGER NOT NULL
  ) WITHOUT ROWID;
CREATE INDEX namespace_owner ON namespace (owner);
CREATE TABLE member (
    namespace TEXT NOT NULL REFERENCES namespace (name) ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    access TEXT NOT NULL,
    PRIMARY KEY (namespace, account)
  ) WITHOUT ROWID;
CREATE INDEX member_account ON member (account);
INSERT INTO repository (id, name, namespace, created, visibility) VALUES (1, 'team/app', 'team', 1796001344099, NULL);
INSERT INTO repository (id, name, namespace, created, visibility) VALUES (2, 'ada/open', 'ada', 1796001344159, 'public');
INSERT INTO blob (id, sha256, size) VALUES (1, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 2);
INSERT INTO blob (id, sha256, size) VALUES (2, 'sha256:e28d98ac666afd34f089b971a663264d54d67a60ddc82996d48d8f3c204eb75f', 7);
INSERT INTO blob (id, sha256, size) VALUES (3, 'sha256:804d0a048703df86f58c83c1a62fb2db84d001d9e819bb06bad4435f7f239fd1', 11);
INSERT INTO blob (id, sha256, size) VALUES (4, 'sha256:fe0c90346ccebe9654e3964ce51c60ee7cdc7dbcbbf9725c14ce8530fc21318e', 13);
INSERT INTO address (digest, blob) VALUES ('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 1);
INSERT INTO address (digest, blob) VALUES ('sha256:e28d98ac666afd34f089b971a663264d54d67a60ddc82996d48d8f3c204eb75f', 2);
INSERT INTO address (digest, blob) VALUES ('sha256:804d0a048703df86f58c83c1a62fb2db84d001d9e819bb06bad4435f7f239fd1', 3);
INSERT INTO address (digest, blob) VALUES ('sha256:fe0c90346ccebe9654e3964ce51c60ee7cdc7dbcbbf9725c14ce8530fc21318e', 4);
INSERT INTO address (digest, blob) VALUES ('sha512:a143cff16f5358846997fa3c2cf3f7d0de184e4686ca876d8d3815c3ae88581a849dba3de50fe3e58069e1ff0d2091771356eb5f553dfe0c61261826d01058ff', 4);
INSERT INTO link (repository, blob, used, algorithms) VALUES (1, 1, 1796001344130, 1);
INSERT INTO link (repository, blob, used, algorithms) VALUES (1, 2, 1796001344109, 1);
INSERT INTO link (repository, blob, used, algorithms) VALUES (1, 3, 1796001344146, 1);
INSERT INTO link (repository, blob, used, algorithms) VALUES (2, 2, 1796001344162, 1);
INSERT INTO link (repository, blob, used, algorithms) VALUES (2, 4, 1796001344159, 2);
INSERT INTO manifest (repository, digest, media_type, size, subject, artifact_type, pushed, pushed_by, annotations, body) VALUES (1, 'sha256:546a2147034fa3a0adffb279e456286cbc742e7b8951b495151585b3e3ec48d5', 'application/vnd.oci.image.manifest.v1+json', 392, NULL, 'application/vnd.oci.image.config.v1+json', 1796001344118, 'ada', NULL, x'7b22736368656d6156657273696f6e223a322c226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e6d616e69666573742e76312b6a736f6e222c22636f6e666967223a7b226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e636f6e6669672e76312b6a736f6e222c22646967657374223a227368613235363a34343133366661333535623336373861313134366164313666376538363439653934666234666332316665373765383331306330363066363163616166663861222c2273697a65223a327d2c226c6179657273223a5b7b226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e6c617965722e76312e746172222c22646967657374223a227368613235363a65323864393861633636366166643334663038396239373161363633323634643534643637613630646463383239393664343864386633633230346562373566222c2273697a65223a377d5d7d');
INSERT INTO manifest (repository, digest, media_type, size, subject, artifact_type, pushed, pushed_by, annotations, body) VALUES (1, 'sha256:1aa630f4aae70cac40d28f452e936bc772c124cfd70ae3b9707f884c4946e3e7', 'application/vnd.oci.image.manifest.v1+json', 594, 'sha256:546a2147034fa3a0adffb279e456286cbc742e7b8951b495151585b3e3ec48d5', 'application/vnd.oci.image.config.v1+json', 1796001344152, 'ada', '{"note":"of the image"}', x'7b22736368656d6156657273696f6e223a322c226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e6d616e69666573742e76312b6a736f6e222c22636f6e666967223a7b226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e636f6e6669672e76312b6a736f6e222c22646967657374223a227368613235363a34343133366661333535623336373861313134366164313666376538363439653934666234666332316665373765383331306330363066363163616166663861222c2273697a65223a327d2c226c6179657273223a5b7b226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e6c617965722e76312e746172222c22646967657374223a227368613235363a38303464306130343837303364663836663538633833633161363266623264623834643030316439653831396262303662616434343335663766323339666431222c2273697a65223a31317d5d2c227375626a656374223a7b226d6564696154797065223a226170706c69636174696f6e2f766e642e6f63692e696d6167652e6d616e69666573742e76312b6a736f6e222c22646967657374223a227368613235363a35343661323134373033346661336130616466666232373965343536323836636263373432653762383935316234393531353135383562336533656334386435222c2273697a65223a3339327d2c22616e6e6f746174696f6e73223a7b226e6f7465223a226f662074686520696d616765227d7d');
INSERT INTO need (repository, digest, manifest) VALUES (1, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'sha256:1aa630f4aae70cac40d28f452e936bc772c124cfd70ae3b9707f884c4946e3e7');
INSERT INTO need (repository, digest, manifest) VALUES (1, 'sha256:804d0a048703df86f58c83c1a62fb2db84d001d9e819bb06bad4435f7f239fd1', 'sha256:1aa630f4aae70cac40d28f452e936bc772c124cfd70ae3b9707f884c4946e3e7');
INSERT INTO need (repository, digest, manifest) VALUES (1, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'sha256:546a2147034fa3a0adffb279e456286cbc742e7b8951b495151585b3e3ec48d5');
INSERT INTO need (repository, digest, manifest) VALUES (1, 'sha256:e28d98ac666afd34f089b971a663264d54d67a60ddc82996d48d8f3c204eb75f', 'sha256:546a2147034fa3a0adffb279e456286cbc742e7b8951b495151585b3e3ec48d5');
INSERT INTO tag (repository, name, digest, moved, moved_by) VALUES (1, 'signature', 'sha256:1aa630f4aae70cac40d28f452e936bc772c124cfd70ae3b9707f884c4946e3e7', 1796001344152, 'ada');
INSERT INTO tag (repository, name, digest, moved, moved_by) VALUES (1, 'v1', 'sha256:546a2147034fa3a0adffb279e456286cbc742e7b8951b495151585b3e3ec48d5', 1796001344118, 'ada');
INSERT INTO upload (id, repository, algorithm, used) VALUES ('0c358c26-d977-4600-828c-a9798c5c8b56', 'ada/open', 'sha256', 1796001344168);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (1, 1796001344100, 'push-blob', 'ada', 'team/app', NULL, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 2);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (2, 1796001344109, 'push-blob', 'ada', 'team/app', NULL, 'sha256:e28d98ac666afd34f089b971a663264d54d67a60ddc82996d48d8f3c204eb75f', 7);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (3, 1796001344119, 'push', 'ada', 'team/app', 'v1', 'sha256:546a2147034fa3a0adffb279e456286cbc742e7b8951b495151585b3e3ec48d5', 392);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (4, 1796001344130, 'push-blob', 'ada', 'team/app', NULL, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 2);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (5, 1796001344146, 'push-blob', 'ada', 'team/app', NULL, 'sha256:804d0a048703df86f58c83c1a62fb2db84d001d9e819bb06bad4435f7f239fd1', 11);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (6, 1796001344152, 'push', 'ada', 'team/app', 'signature', 'sha256:1aa630f4aae70cac40d28f452e936bc772c124cfd70ae3b9707f884c4946e3e7', 594);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (7, 1796001344159, 'push-blob', 'ada', 'ada/open', NULL, 'sha512:a143cff16f5358846997fa3c2cf3f7d0de184e4686ca876d8d3815c3ae88581a849dba3de50fe3e58069e1ff0d2091771356eb5f553dfe0c61261826d01058ff', 13);
INSERT INTO event (id, at, action, who, repository, reference, digest, bytes) VALUES (8, 1796001344162, 'mount-blob', 'ada', 'ada/open', 'team/app', 'sha256:e28d98ac666afd34f089b971a663264d54d67a60ddc82996d48d8f3c204eb75f', 7);
INSERT INTO account (id, name, kind, password, epoch, created, pulls) VALUES (1, 'ada', 'account', '$argon2id$v=19$m=19456,t=2,p=1$rm3HkTORed31HB5Ue/b8cw$TOiH2wWUhEiQ4ZbxC5IB0lYlQazkXEMeIXIy6evuQ7w', 0, 1767225600000, '100;w=3600');
INSERT INTO account (id, name, kind, password, epoch, created, pulls) VALUES (2, 'ben', 'account', '$argon2id$v=19$m=19456,t=2,p=1$62fwmDBGmVjUKW/FDnVDXA$H2z5Yu5P0jeWtn2oSqpneCeEtf10kLwClwZnxRMv5rk', 0, 1767225600000, NULL);
INSERT INTO account (id, name, kind, password, epoch, created, pulls) VALUES (3, 'student-abcdef', 'session', NULL, 0, 1767225600000, NULL);
INSERT INTO access_token (id, account, name, hash, scope, created, expires, used) VALUES ('525efe85a35b', 1, 'laptop', '5abed6ed929c67ee1b8240327562fdffc9802a3b01fac3a8a8438634d194dcfd', 'read-write', 1767225600000, NULL, 1767225600000);
INSERT INTO namespace (name, owner, visibility, created) VALUES ('ada', 1, 'public', 1767225600000);
INSERT INTO namespace (name, owner, visibility, created) VALUES ('ben', 2, 'public', 1767225600000);
INSERT INTO namespace (name, owner, visibility, created) VALUES ('student-abcdef', 3, 'public', 1767225600000);
INSERT INTO namespace (name, owner, visibility, created) VALUES ('team', 1, 'private', 1767225600000);
INSERT INTO member (namespace, account, access) VALUES ('team', 2, 'read');
INSERT INTO sqlite_sequence (name, seq) VALUES ('account', 3);
INSERT INTO sqlite_sequence (name, seq) VALUES ('event', 8);
PRAGMA user_version = 4;

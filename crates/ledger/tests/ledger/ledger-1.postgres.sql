-- A ledger as version 1 wrote it to PostgreSQL: the same entries as in ledger-1.sql, byte for byte.
CREATE SCHEMA seaworthy;
CREATE TABLE seaworthy.about(version BIGINT NOT NULL);
INSERT INTO seaworthy.about VALUES(1);
CREATE TABLE seaworthy.entry(seq BIGINT PRIMARY KEY, at_us BIGINT NOT NULL, kind TEXT NOT NULL, version BIGINT NOT NULL,
                   body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE seaworthy.blobs(digest TEXT PRIMARY KEY, bytes BYTEA NOT NULL);
INSERT INTO seaworthy.entry VALUES(1, 1763000000000001, 'observation', 1, '{"kind":"http.check","values":{"status":200}}', 'ce45285cf2b1f622d90ad8d85fd9e6b7f53cc4bf32530e59bc3d91bb7cd43e06', 'f36ac25af12b8ff1a6768b7f4efe12c905946f00ff825b74bf941f1890398f0f');
INSERT INTO seaworthy.entry VALUES(2, 1763000000000002, 'verdict', 1, '{"claim":"R-1/ü","verdict":"held"}', 'f36ac25af12b8ff1a6768b7f4efe12c905946f00ff825b74bf941f1890398f0f', 'fb7366d7ed703a5612e7da67bc2a7a0d8498ad93acc8d8a1133d14994ccb6deb');
INSERT INTO seaworthy.entry VALUES(3, 1763000000000003, 'decision', 1, '{"outcome":"pass"}', 'fb7366d7ed703a5612e7da67bc2a7a0d8498ad93acc8d8a1133d14994ccb6deb', '54e26a5527576f9fae5f488dc25a8d7092a053b789b76323c1769eb211330542');
INSERT INTO seaworthy.entry VALUES(4, 1763000000000004, 'drill', 1, '{}', '54e26a5527576f9fae5f488dc25a8d7092a053b789b76323c1769eb211330542', '52509a39c987995b25de9cb04171745a1add5fdb6b819a867bb01d46148e1799');
INSERT INTO seaworthy.entry VALUES(5, 1763000000000005, 'run', 1, '', '52509a39c987995b25de9cb04171745a1add5fdb6b819a867bb01d46148e1799', '0e8913f4cb75eb12a3399db98ab2e430dd899ce6b82e8298e21968949c21db89');
INSERT INTO seaworthy.blobs VALUES('6ffa907337e6ae2481219d1e7573fb858a4ae9cbd09f291a772fa590d1bf4489', '\x789c4b54c8c9cf4b57c8c82c2ec92faa040025c30564');

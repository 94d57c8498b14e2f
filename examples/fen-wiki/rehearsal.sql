CREATE TABLE beat (id int PRIMARY KEY, at datetime(6));
INSERT INTO beat VALUES (1, NOW(6));
CREATE TABLE page (id int PRIMARY KEY, title varchar(255));
INSERT INTO page VALUES (1,'Fen'),(2,'Reed'),(3,'Otter');
CREATE TABLE revision (id int PRIMARY KEY, page int, saved_at datetime(6));
INSERT INTO revision VALUES (1,1,'2026-03-01 10:00:00'),(2,2,NOW(6));

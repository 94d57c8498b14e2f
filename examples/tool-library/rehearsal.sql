-- What a rehearsal finds in both databases, in MySQL's words. Nothing of it is real.
CREATE TABLE beat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL) ENGINE=InnoDB;
CREATE TABLE loans (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  tool VARCHAR(40) NOT NULL,
  lent_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  returned_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY by_tool (tool)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE tools (code VARCHAR(20) PRIMARY KEY, title VARCHAR(80) NOT NULL, fee DECIMAL(8,2) NOT NULL DEFAULT '0.00');
INSERT INTO tools (code, title, fee) VALUES ('drill', 'Drill, 18 V', 4.00), ('saw', 'Circular saw', 6.50), ('ladder', 'Ladder, 5 m', 0);
INSERT INTO loans (tool, lent_at, returned_at) VALUES
  ('drill', '2026-03-09 09:00:00', '2026-03-09 17:00:00'),
  ('saw', '2026-03-10 08:30:00', NULL),
  ('ladder', '2026-03-10 15:10:00', NULL);

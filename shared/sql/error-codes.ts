/** What the codes mean that database servers have in their errors. */
export type ErrorCodes = {
  /** It passes by itself, so that asking again may help. */
  passing(code: string): boolean;
  /** The server answers, and takes no writes now. */
  readOnly(code: string): boolean;
  /** The server knows who is asking and lets it not in. */
  login(code: string): boolean;
  /** What is asked for does not fit the database: no such database, table or column, no right, or no such language. */
  misfit(code: string): boolean;
};

/** SQLSTATE classes and codes that pass by themselves. Source: PostgreSQL documentation, appendix A. */
const passingStates = /^(08|53|57P0[1-3]|57014|55P03|40)/;

const ofPostgres: ErrorCodes = {
  passing: code => passingStates.test(code),
  // read_only_sql_transaction
  readOnly: code => code === '25006',
  // Class 28: invalid authorization specification.
  login: code => code.startsWith('28'),
  // Classes 3D and 3F: invalid catalog and schema name; 42: syntax error or access rule violation.
  misfit: code => /^(3D|3F|42)/.test(code),
};

/**
 * Errors that pass by themselves. Source: MySQL 8.4 Error Message Reference; MariaDB Error Codes (19xx, 4xxx).
 * 1021 disk full; 1037, 1038, 1041 out of memory; 1040, 1203, 1226 too many connections; 1042, 1043, 1047, 1152 to 1161
 * the connection broke; 1053 the server stops; 1079, 1080, 1927, 3169, 4031 the session was ended; 1205, 1213, 1614 a
 * lock or a deadlock; 1317, 1969, 3024 a statement ran too long; 3168 the server is not available.
 */
const passing = new Set(
  '1021 1037 1038 1040 1041 1042 1043 1047 1053 1079 1080 1152 1153 1154 1155 1156 1157 1158 1159 1160 1161 1203 1205 1213 1226 1317 1614 1927 1969 3024 3168 3169 4031'.split(
    ' ',
  ),
);
/** 1290 --read-only, 1792 a read-only transaction, 1836 read-only mode, which is what a reader of Aurora says. */
const readOnly = new Set(['1290', '1792', '1836']);
/**
 * 1044 the database, 1045 and 1698 user or password, 1130 the host, 1251 and 2059 a way to log in that the client does
 * not know, 1820 and 1862 an expired password, 3118 and 4151 a locked account.
 */
const login = new Set(['1044', '1045', '1130', '1251', '1698', '1820', '1862', '2059', '3118', '4151']);
/** 1049 no such database, 1054 column, 1146 table; 1064 the syntax; 1142, 1143, 1227 no right to it. */
const misfit = new Set(['1049', '1054', '1064', '1142', '1143', '1146', '1227']);

const ofMysql: ErrorCodes = {
  passing: code => passing.has(code),
  readOnly: code => readOnly.has(code),
  login: code => login.has(code),
  misfit: code => misfit.has(code),
};

/** By the code itself: a SQLSTATE of PostgreSQL has five characters, a number of MySQL four digits. */
export const codesFor = (code: string): ErrorCodes => (/^\d{4}$/.test(code) ? ofMysql : ofPostgres);

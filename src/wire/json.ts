/* How the Hub wrote JSON is known where answers are made that last, too. */
export { toPythonJson, WrittenJson } from '../domain/images/python-json.js';

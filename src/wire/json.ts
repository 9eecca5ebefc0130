/* How the Hub wrote JSON: the domain knows it too, for answers that it stores. */
export { toPythonJson, WrittenJson } from '../domain/images/python-json.js';

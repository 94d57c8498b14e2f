"""moto's server, as its own command starts it, without what takes most of the time of the engine suite.

The engine itself is moto's, unchanged. Kept here is what moto 5.2.3 finds out again and again: the tree that it reads
from a definition (again for every execution; the program is still made anew from it), the list of its own folders (for
every request), and the client that calls functions (for every call).
"""

import functools
import logging
import sys

from moto import backends, server
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

read = functools.lru_cache(maxsize=None)(AmazonStateLanguageParser.parse)


def parse(definition):
    _, tree = read(definition)
    return Preprocessor().visit(tree), tree


AmazonStateLanguageParser.parse = staticmethod(parse)

folders = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: folders

client_for = functools.lru_cache(maxsize=None)(lambda_eval_utils.boto_client_for)
# The credentials of a state, which moto does not use either, can't be the key of anything.
lambda_eval_utils.boto_client_for = lambda region, service, state_credentials: client_for(region, service)

logging.getLogger("werkzeug").setLevel(logging.WARNING)
server.main(sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""The console: pages for people, rendered here, over the same seats as the API.

No rule lives here. A page asks a seat and shows what it was told; a form calls a seat and says
what came of it. What a browser needs beside the pages is two small files of our own.
"""

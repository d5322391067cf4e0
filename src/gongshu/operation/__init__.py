"""Authorised operation: operators are designated and sign an agreement, demand data, are corrected or leave.

Serves dazhou-6 to 9, 12, 16 to 20 and xian-28. Who decides, what is asked for, which term holds and which grounds
end it is read from the rule pack; where a city says nothing there is no such step.
"""

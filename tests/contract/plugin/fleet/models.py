"""The table of vehicles."""

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant()
class Vehicle(TenantModel):
    """A vehicle and the agency that keeps it."""

    plate = models.CharField(max_length=20)

import commonweal.kernel.calendar.clock
import commonweal.kernel.schema.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0001_initial'),
        ('party', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PeriodState',
            fields=[
                ('period', models.CharField(max_length=7, primary_key=True, serialize=False)),
                ('state', models.CharField(default='open', max_length=7)),
                ('frozen_at', models.DateTimeField(null=True)),
                ('sealed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('active', models.BooleanField(default=True)),
                ('expected', models.BooleanField(default=False)),
                ('items', models.JSONField(default=list)),
                ('late_policy', models.CharField(default='Booked as a correction in the next open period.', max_length=300)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.UUIDField(default=commonweal.kernel.schema.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('format', models.CharField(max_length=8)),
                ('sha256', models.CharField(max_length=64)),
                ('options', models.JSONField(default=dict)),
                ('state', models.CharField(default='running', max_length=8)),
                ('rows_done', models.BigIntegerField(default=0)),
                ('accepted', models.BigIntegerField(default=0)),
                ('duplicates', models.BigIntegerField(default=0)),
                ('conflicts', models.BigIntegerField(default=0)),
                ('rejected', models.BigIntegerField(default=0)),
                ('problems_path', models.CharField(blank=True, max_length=200)),
                ('problems_bytes', models.BigIntegerField(default=0)),
                ('started_by', models.UUIDField(null=True)),
                ('started_at', models.DateTimeField(default=commonweal.kernel.calendar.clock.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='party.agency')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metering.source')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='UsageBatch',
            fields=[
                ('id', models.UUIDField(default=commonweal.kernel.schema.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('api', 'API'), ('csv', 'CSV'), ('parquet', 'Parquet'), ('kernel', 'Kernel')], max_length=8)),
                ('upload_id', models.UUIDField(null=True)),
                ('submitted_by', models.UUIDField(null=True)),
                ('received_at', models.DateTimeField(default=commonweal.kernel.calendar.clock.now)),
                ('accepted', models.IntegerField(default=0)),
                ('duplicates', models.IntegerField(default=0)),
                ('conflicts', models.IntegerField(default=0)),
                ('rejected', models.IntegerField(default=0)),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='party.agency')),
            ],
        ),
        migrations.CreateModel(
            name='UsageFact',
            fields=[
                ('id', models.UUIDField(default=commonweal.kernel.schema.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(db_collation='C', max_length=200)),
                ('quantity', models.DecimalField(decimal_places=6, max_digits=18)),
                ('unit', models.CharField(max_length=3)),
                ('starts', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('dimensions', models.JSONField(default=dict)),
                ('origin_ref', models.CharField(blank=True, max_length=200)),
                ('replaces_external_id', models.CharField(blank=True, db_collation='C', max_length=200)),
                ('replaced_quantity', models.DecimalField(decimal_places=6, default=0, max_digits=18)),
                ('payload_hash', models.UUIDField(help_text='First 128 bits of SHA-256 of the canonical form')),
                ('received_at', models.DateTimeField()),
                ('period', models.CharField(max_length=7)),
                ('booked_in', models.CharField(max_length=7)),
                ('late', models.BooleanField(default=False)),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='party.agency')),
                ('batch', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metering.usagebatch')),
                ('bureau', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='party.bureau')),
                ('charge_item', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.chargeitem')),
                ('order_line', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.orderline')),
                ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metering.source')),
            ],
        ),
        migrations.CreateModel(
            name='Partition',
            fields=[
                ('id', models.UUIDField(default=commonweal.kernel.schema.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('period', models.CharField(max_length=7)),
                ('kind', models.CharField(choices=[('usage', 'Usage that counts'), ('replaced', 'Usage that was replaced in time'), ('keys', 'Keys of all usage in the partition'), ('rated', 'Rated lines')], max_length=8)),
                ('version', models.PositiveIntegerField(default=1)),
                ('path', models.CharField(max_length=200, unique=True)),
                ('rows', models.BigIntegerField()),
                ('size_bytes', models.BigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('totals', models.JSONField(default=dict)),
                ('written_at', models.DateTimeField(default=commonweal.kernel.calendar.clock.now)),
                ('sealed_at', models.DateTimeField(null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='party.agency')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agency', 'period', 'kind', 'version'), name='partition_once')],
            },
        ),
        migrations.CreateModel(
            name='Quarantine',
            fields=[
                ('id', models.UUIDField(default=commonweal.kernel.schema.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(db_collation='C', max_length=200)),
                ('payload', models.JSONField()),
                ('payload_hash', models.UUIDField()),
                ('existing_hash', models.UUIDField()),
                ('reason', models.CharField(max_length=12)),
                ('batch_id', models.UUIDField()),
                ('received_at', models.DateTimeField(default=commonweal.kernel.calendar.clock.now)),
                ('state', models.CharField(default='open', max_length=10)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='party.agency')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metering.source')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-id'], name='metering_qu_state_390c3c_idx')],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id', 'payload_hash'), name='quarantined_once')],
            },
        ),
        migrations.CreateModel(
            name='SourceReport',
            fields=[
                ('id', models.UUIDField(default=commonweal.kernel.schema.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('period', models.CharField(max_length=7)),
                ('control_count', models.BigIntegerField()),
                ('control_total', models.DecimalField(decimal_places=6, max_digits=27)),
                ('reported_by', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(default=commonweal.kernel.calendar.clock.now)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='metering.source')),
            ],
            options={
                'indexes': [models.Index(fields=['source', 'period', '-id'], name='metering_so_source__fc8017_idx')],
            },
        ),
        migrations.AddIndex(
            model_name='usagebatch',
            index=models.Index(fields=['-received_at'], name='metering_us_receive_75d73c_idx'),
        ),
        migrations.AddIndex(
            model_name='usagefact',
            index=models.Index(fields=['agency', 'booked_in', 'charge_item'], name='usage_by_period'),
        ),
        migrations.AddConstraint(
            model_name='usagefact',
            constraint=models.UniqueConstraint(fields=('source', 'external_id'), name='usage_once'),
        ),
        migrations.AddConstraint(
            model_name='usagefact',
            constraint=models.UniqueConstraint(condition=models.Q(('replaces_external_id', ''), _negated=True), fields=('source', 'replaces_external_id'), name='usage_replaced_once'),
        ),
        migrations.AddConstraint(
            model_name='usagefact',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='usage_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='usagefact',
            constraint=models.CheckConstraint(condition=models.Q(('ends__gt', models.F('starts'))), name='usage_span'),
        ),
        migrations.AddConstraint(
            model_name='usagefact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('booked_in', models.F('period')), ('late', False)), models.Q(('booked_in__gt', models.F('period')), ('late', True)), _connector='OR'), name='usage_booking'),
        ),
    ]
